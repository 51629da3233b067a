import type { Stack } from 'aws-cdk-lib';
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway';

/** @returns the stack's resource that sets the role that API Gateway logs as, if there is one. */
export const accountRoleOf = (stack: Stack): CfnAccount | undefined =>
  stack.node.findAll().find((node) => node instanceof CfnAccount);
