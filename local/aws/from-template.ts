import { accessKeyId } from '../identity';
import type { Caller, Model, Resource } from '../types';
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
  checkDestinations(model, policies);
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

/** Actions by which Lambda sends to a destination, by the destination's service. */
const SEND_ACTIONS = new Map([
  ['sqs', 'sqs:SendMessage'],
  ['lambda', 'lambda:InvokeFunction'],
]);

function checkEventSources(model: Model, policies: Policies): void {
  for (const mapping of model.resources('AWS::Lambda::EventSourceMapping')) {
    const { FunctionName, EventSourceArn } = mapping.properties;
    const fn = model.find('AWS::Lambda::Function', FunctionName);
    for (const action of EVENT_SOURCE_ACTIONS) requireOfRole(policies, fn, action, EventSourceArn, mapping);
  }
}

/**
 * Checks that functions may send to their dead-letter queues and destinations: Lambda does so in the name of the function's role,
 * and refuses the configuration where the role doesn't allow it.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 */
function checkDestinations(model: Model, policies: Policies): void {
  const require = (fn: Resource | undefined, arn: string | undefined, where: Resource) => {
    if (arn !== undefined) requireOfRole(policies, fn, SEND_ACTIONS.get(arn.split(':')[2]!) ?? 'sqs:SendMessage', arn, where);
  };
  for (const fn of model.resources('AWS::Lambda::Function')) require(fn, fn.properties.DeadLetterConfig?.TargetArn, fn);
  for (const config of model.resources('AWS::Lambda::EventInvokeConfig')) {
    const { FunctionName, DestinationConfig } = config.properties;
    const fn = model.find('AWS::Lambda::Function', FunctionName);
    require(fn, DestinationConfig?.OnFailure?.Destination, config);
    require(fn, DestinationConfig?.OnSuccess?.Destination, config);
  }
}

/** @throws {Error} that names the resource, where the function's role doesn't allow the action. */
function requireOfRole(policies: Policies, fn: Resource | undefined, action: string, arn: string, where: Resource): void {
  const roleArn = fn?.properties.Role;
  if (roleArn === undefined || policies.authorize({ caller: { roleArn }, action, resource: arn }).allowed) return;
  throw new Error(`${where.stack}/${where.logicalId}: the function's role must allow ${action} on ${arn}`);
}
