import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { Json } from './assembly';
import type { Resource } from './resources';

/** Where a name must be the only one: in an account whatever the region, in each region of it, or in the whole partition. */
type Scope = 'account' | 'region' | 'partition';

/** Types whose names aren't in each region for themselves. */
const SCOPES: Readonly<Record<string, Scope>> = {
  'AWS::IAM::Role': 'account',
  'AWS::IAM::ManagedPolicy': 'account',
  'AWS::S3::Bucket': 'partition',
  'AWS::CloudFront::CachePolicy': 'account',
  'AWS::CloudFront::OriginRequestPolicy': 'account',
  'AWS::CloudFront::ResponseHeadersPolicy': 'account',
  'AWS::CloudFront::Function': 'account',
  'AWS::CloudFront::KeyValueStore': 'account',
  'AWS::CloudFront::OriginAccessControl': 'account',
  'AWS::CloudWatch::Dashboard': 'account',
  'AWS::Budgets::Budget': 'account',
  'AWS::CE::AnomalyMonitor': 'account',
  'AWS::CE::AnomalySubscription': 'account',
  'AWS::Route53::RecordSet': 'account',
};

/** Names that the service wants to be the only ones though another property identifies the resource. */
const NAMES: Readonly<Record<string, (properties: Readonly<Record<string, Json>>) => unknown>> = {
  'AWS::CloudFront::CachePolicy': ({ CachePolicyConfig }) => CachePolicyConfig?.Name,
  'AWS::CloudFront::OriginRequestPolicy': ({ OriginRequestPolicyConfig }) => OriginRequestPolicyConfig?.Name,
  'AWS::CloudFront::ResponseHeadersPolicy': ({ ResponseHeadersPolicyConfig }) => ResponseHeadersPolicyConfig?.Name,
  'AWS::CloudFront::Function': ({ Name }) => Name,
  'AWS::CloudFront::OriginAccessControl': ({ OriginAccessControlConfig }) => OriginAccessControlConfig?.Name,
  'AWS::WAFv2::WebACL': ({ Name, Scope }) => Name && `${Scope}:${Name}`,
  'AWS::SQS::Queue': ({ QueueName }) => QueueName,
  'AWS::SNS::Topic': ({ TopicName }) => TopicName,
  'AWS::SecretsManager::Secret': ({ Name }) => Name,
  'AWS::Events::Rule': ({ Name, EventBusName }) => Name && `${EventBusName ?? 'default'}:${Name}`,
  'AWS::CE::AnomalyMonitor': ({ MonitorName }) => MonitorName,
  'AWS::CE::AnomalySubscription': ({ SubscriptionName }) => SubscriptionName,
  'AWS::Route53::RecordSet': ({ Name, Type, SetIdentifier }) => Name && `${Name}:${Type}:${SetIdentifier ?? ''}`,
  'AWS::KMS::Alias': ({ AliasName }) => AliasName,
  'AWS::Budgets::Budget': ({ Budget }) => Budget?.BudgetName,
  'AWS::ApiGateway::DomainName': ({ DomainName }) => DomainName,
  // API Gateway takes two of a name, but CloudWatch adds their metrics up:
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
  'AWS::ApiGateway::RestApi': ({ Name }) => Name,
  // An account and region has one of it, whoever makes it.
  'AWS::ApiGateway::Account': () => 'the account',
};

const spec = loadAwsServiceSpecSync();
const identifiers = new Map<string, readonly string[]>();

/** Properties that identify a resource of a type and that a template may set. */
function identifyingProperties(type: string): readonly string[] {
  const known = identifiers.get(type);
  if (known) return known;
  const found = spec.lookup('resource', 'cloudFormationType', 'equals', type);
  const resource = found.length > 0 ? found.only() : undefined;
  const primary = resource?.primaryIdentifier ?? [];
  const settable = primary.every((name) => Object.hasOwn(resource?.properties ?? {}, name)) ? primary : [];
  identifiers.set(type, settable);
  return settable;
}

/**
 * Name of a resource that no other one may have, with where it must be the only one; undefined where the service generates it. A
 * name made of another resource's, such as the policy of a bucket, belongs to that resource and doesn't count.
 */
export function claimedName(resource: Resource): string | undefined {
  if (!names.has(resource)) names.set(resource, nameOf(resource));
  return names.get(resource);
}

const names = new WeakMap<Resource, string | undefined>();

function nameOf(resource: Resource): string | undefined {
  const { type, properties, account, region } = resource;
  const given = Object.hasOwn(NAMES, type)
    ? NAMES[type]?.(properties)
    : identifyingProperties(type)
        .map((name) => properties[name])
        .filter((value) => value !== undefined)
        .join('|');
  if (typeof given !== 'string' || given === '' || given.includes('<<')) return undefined;
  const scope = SCOPES[type] ?? 'region';
  const where = scope === 'region' ? `${account}/${region}` : scope === 'account' ? account : 'everywhere';
  // Most services compare names in lower case, and none that doesn't is given two that differ in it alone.
  return `${type} ${where} ${given.toLowerCase()}`;
}
