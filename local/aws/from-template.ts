import { accessKeyId } from '../identity';
import type { Caller, Model } from '../types';
import { Network } from './network';
import { Policies } from './policies';
import { SecretStore } from './secrets';
import { networkFromTemplate } from './template-network';
import { policiesFromTemplate } from './template-policies';

/** Callers of AWS's APIs in a template, their policies and their network. */
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
  const policies = new Policies(policiesFromTemplate(model));
  checkEventSources(model, policies);
  return {
    policies,
    network: new Network(networkFromTemplate(model)),
    callers: new Map(callers),
    secrets: new SecretStore(model),
  };
}

/**
 * Actions of an event source mapping in the name of the function's role; Lambda refuses the mapping where the role denies one.
 */
const EVENT_SOURCE_ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

function checkEventSources(model: Model, policies: Policies): void {
  for (const mapping of model.resources('AWS::Lambda::EventSourceMapping')) {
    const { FunctionName, EventSourceArn } = mapping.properties;
    const roleArn = model.find('AWS::Lambda::Function', FunctionName)?.properties.Role;
    if (roleArn === undefined) continue;
    for (const action of EVENT_SOURCE_ACTIONS) {
      const { allowed } = policies.authorize({ caller: { roleArn }, action, resource: EventSourceArn });
      if (!allowed) {
        const where = `${mapping.stack}/${mapping.logicalId}`;
        throw new Error(`${where}: the function's role must allow ${action} on ${EventSourceArn}`);
      }
    }
  }
}
