import { policiesFromTemplate } from '../../local/aws/template-policies';
import { wildcard } from '../../local/aws/wildcard';
import type { Model, Resource } from '../../local/types';

/** Action on a resource that a function's role allows. */
export interface Grant {
  /** ARN. */
  readonly functionArn: string;
  readonly action: string;
  /** ARN, or a pattern of ARNs. */
  readonly resource: string;
}

/** Grants that the function itself never uses, because AWS does in its name. */
interface Exception {
  readonly actions: readonly string[];
  readonly reason: string;
  /** True if the grant is that one, and no wider. */
  holds(grant: Grant, facts: Facts): boolean;
}

interface Facts {
  readonly model: Model;
  readonly fn: Resource;
  readonly used: UsedActions;
}

/** Resources by action by function ARN, as the endpoint records them. */
export type UsedActions = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

export const EXCEPTIONS: readonly Exception[] = [
  {
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    reason: "Lambda writes the function's log by its role, into the function's own group",
    holds: ({ resource }, { model, fn }) => {
      const group = model.find('AWS::Logs::LogGroup', fn.properties.LoggingConfig?.LogGroup);
      return group !== undefined && resource === model.attribute(group, 'Arn');
    },
  },
  {
    actions: [
      'ec2:AssignPrivateIpAddresses',
      'ec2:CreateNetworkInterface',
      'ec2:DeleteNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:UnassignPrivateIpAddresses',
    ],
    reason: "Lambda makes the function's network interfaces by its role; their ids aren't known beforehand",
    holds: (_, { fn }) => (fn.properties.VpcConfig?.SubnetIds ?? []).length > 0,
  },
  {
    actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
    reason: 'Lambda polls the queue of an event source mapping by the role of its function',
    holds: ({ functionArn, resource }, { model }) =>
      model
        .resources('AWS::Lambda::EventSourceMapping')
        .some(
          ({ properties }) =>
            properties.EventSourceArn === resource && functionArnOf(model, properties.FunctionName) === functionArn,
        ),
  },
  {
    actions: ['sqs:SendMessage'],
    reason: 'Lambda sends an event that the function failed on to its dead-letter queue by its role',
    holds: ({ resource }, { fn }) => fn.properties.DeadLetterConfig?.TargetArn === resource,
  },
  {
    actions: ['kms:Decrypt'],
    reason: 'Secrets Manager decrypts a secret that the function reads, by its role',
    holds: ({ functionArn, resource }, { model, used }) =>
      [...(used.get(functionArn)?.get('secretsmanager:GetSecretValue') ?? [])].some((secret) => {
        const key = model.find('AWS::SecretsManager::Secret', secret)?.properties.KmsKeyId;
        const found = key && model.find('AWS::KMS::Key', key);
        return found && model.attribute(found, 'Arn') === resource;
      }),
  },
];

/** Custom resources of CDK's own that are done natively here; the policies of their functions are CDK's. */
const PROVIDED = ['Custom::S3AutoDeleteObjects', 'Custom::VpcRestrictDefaultSG'];

/** Everything that the roles of the template's functions allow, but of functions of CDK's own. */
export function functionGrants(model: Model): Grant[] {
  const { roles } = policiesFromTemplate(model);
  const provided = PROVIDED.flatMap((type) => model.resources(type)).map(({ properties }) => properties.ServiceToken);
  const functions = model.resources('AWS::Lambda::Function').filter((fn) => !provided.includes(model.attribute(fn, 'Arn')));
  return functions.flatMap((fn) => {
    const functionArn = model.attribute(fn, 'Arn');
    return (roles.get(fn.properties.Role)?.identity ?? [])
      .filter(({ effect }) => effect === 'Allow')
      .flatMap(({ actions, resources }) => {
        if (!actions || !resources) throw new Error(`a grant of ${functionArn} names neither actions nor resources, but others`);
        return actions.flatMap((action) => resources.map((resource) => ({ functionArn, action, resource })));
      });
  });
}

/** Grants that were neither used nor are an exception. A wildcard of actions never is used. */
export function unusedGrants(model: Model, used: UsedActions, grants: readonly Grant[] = functionGrants(model)): Grant[] {
  return grants.filter((grant) => {
    const resources = used.get(grant.functionArn)?.get(grant.action) ?? [];
    if ([...resources].some((resource) => wildcard(grant.resource, resource))) return false;
    const fn = model.find('AWS::Lambda::Function', grant.functionArn)!;
    return !EXCEPTIONS.some(({ actions, holds }) => actions.includes(grant.action) && holds(grant, { model, fn, used }));
  });
}

function functionArnOf(model: Model, reference: string): string | undefined {
  const fn = model.find('AWS::Lambda::Function', reference);
  return fn && model.attribute(fn, 'Arn');
}
