import type { DeployedResource } from '../../cli/stacks';
import type { Probe } from './probe';

/** Deployed stage: the resources that AWS accepted, and its health. */
export interface DeployedStage {
  /** @param stack such as `database` */
  resources(stack: string): Promise<readonly DeployedResource[]>;
  /** Response of `/health`. */
  health(): Promise<{ readonly database?: { readonly primary?: { readonly status?: string } } }>;
}

async function isComplete(stage: DeployedStage, stack: string, ...types: string[]): Promise<boolean> {
  const resources = await stage.resources(stack);
  return types.every((type) => {
    const found = resources.filter((each) => each.type === type);
    return found.length > 0 && found.every(({ status }) => /^(CREATE|UPDATE)_COMPLETE$/.test(status));
  });
}

const yes = (condition: boolean): string => (condition ? 'yes' : 'no');

/** Probes that a deployed and healthy stage answers. They change nothing and cost nothing. */
export const STAGE_PROBES: readonly Probe<DeployedStage>[] = [
  {
    id: 'stage/scram-verifier',
    question: "Does RDS take a role's password as a SCRAM verifier?",
    does: 'reads whether the migration, which makes roles so, is complete, and by /health whether one of them can log in',
    assumed: 'yes',
    run: async (stage) =>
      yes(
        (await isComplete(stage, 'database', 'Custom::SchemaMigration')) &&
          (await stage.health()).database?.primary?.status === 'ok',
      ),
  },
  {
    id: 'stage/get-stack-output',
    question: 'Does `Fn::GetStackOutput` deploy as it synthesizes?',
    does: "reads whether the functions of the API, which are in another stack's network, are complete",
    assumed: 'yes',
    run: async (stage) => yes(await isComplete(stage, 'api', 'AWS::Lambda::Function', 'AWS::EC2::SecurityGroup')),
  },
];
