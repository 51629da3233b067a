import { own } from '../own';
import { AssemblyError } from './errors';
import { NO_VALUE } from './intrinsics';
import type { TemplateParameter } from './template';

/** Stack, account and region, for `Ref: AWS::...`. */
export interface Deployment {
  readonly stack: string;
  readonly account: string;
  readonly region: string;
}

const PSEUDO_PARAMETERS: Readonly<Record<string, (deployment: Deployment) => unknown>> = {
  'AWS::AccountId': ({ account }) => account,
  'AWS::Region': ({ region }) => region,
  'AWS::Partition': () => 'aws',
  'AWS::URLSuffix': () => 'amazonaws.com',
  'AWS::StackName': ({ stack }) => stack,
  'AWS::StackId': stackId,
  'AWS::NoValue': () => NO_VALUE,
  'AWS::NotificationARNs': () => [],
};

/**
 * `BootstrapVersion` reads the version of the CDK bootstrap stack from SSM. Nothing is bootstrapped here; any version that the
 * template's rule accepts will do.
 */
const BOOTSTRAP_VERSION = '30';

/** True of the name of a pseudo parameter that can be resolved. */
export function isPseudoParameter(name: string): boolean {
  return own(PSEUDO_PARAMETERS, name) !== undefined;
}

export function pseudoParameter(name: string, deployment: Deployment): unknown {
  const value = own(PSEUDO_PARAMETERS, name);
  if (!value) throw new AssemblyError(`pseudo parameter '${name}' is not known here`);
  return value(deployment);
}

/** A parameter's default. @throws {AssemblyError} where it has none, or reads SSM for anything but the bootstrap version. */
export function parameterValue(name: string, parameter: TemplateParameter): unknown {
  if (parameter.Type.startsWith('AWS::SSM::')) {
    if (name === 'BootstrapVersion') return BOOTSTRAP_VERSION;
    throw new AssemblyError(`parameter '${name}' reads SSM, which is not run here`);
  }
  if (parameter.Default === undefined) throw new AssemblyError(`parameter '${name}' has no default`);
  if (parameter.Type === 'CommaDelimitedList' || parameter.Type.startsWith('List<')) return String(parameter.Default).split(',');
  return String(parameter.Default);
}

/** ARN of a stack. */
export function stackId({ stack, account, region }: Deployment): string {
  return `arn:aws:cloudformation:${region}:${account}:stack/${stack}/00000000-0000-0000-0000-000000000000`;
}
