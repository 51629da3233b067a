import { Stack } from 'aws-cdk-lib';
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import type { IConstruct } from 'constructs';

const accountsOf = (scope: IConstruct): CfnAccount[] => scope.node.findAll().filter((node) => node instanceof CfnAccount);

/** @returns the stack's resource that sets the role that API Gateway logs as, if there is one. */
export const accountRoleOf = (stack: Stack): CfnAccount | undefined => accountsOf(stack)[0];

/**
 * @returns problems where several stacks of an account and region set the role: the first one that is deleted removes it for all.
 */
export function accountRoleProblems(api: IConstruct): string[] {
  const own = Stack.of(api);
  const others = accountsOf(api.node.root).filter((account) => Stack.of(account).environment === own.environment);
  if (others.length < 2) return [];
  const stacks = others.map((account) => Stack.of(account).stackName).join(' and ');
  return [
    `cached api: 'setsAccountRole' must be true for one API of an account and region only, got: true in ${stacks}; set it to false in all but the one that is deployed first`,
  ];
}
