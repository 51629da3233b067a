import { accessKeyId } from '../identity';
import type { Caller, Model } from '../types';
import { Network } from './network';
import { Policies } from './policies';
import { SecretStore } from './secrets';
import { networkFromTemplate } from './template-network';
import { policiesFromTemplate } from './template-policies';

/** What a template says about calls to AWS: who makes them, what they may do, and over which way. */
export interface AwsOptions {
  readonly policies: Policies;
  readonly network: Network;
  /** Functions by their access key id. */
  readonly callers: ReadonlyMap<string, Caller>;
  readonly secrets: SecretStore;
}

/** @throws an Error on a policy or a network that would have to be guessed. */
export function awsFromTemplate(model: Model): AwsOptions {
  const callers = model.resources('AWS::Lambda::Function').map((fn): [string, Caller] => {
    const functionArn = model.attribute(fn, 'Arn');
    return [accessKeyId(functionArn), { functionArn, roleArn: fn.properties.Role }];
  });
  return {
    policies: new Policies(policiesFromTemplate(model)),
    network: new Network(networkFromTemplate(model)),
    callers: new Map(callers),
    secrets: new SecretStore(model),
  };
}
