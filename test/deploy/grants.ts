import type { Json } from './assembly';
import type { Problem } from './problem';
import { mentioned, mentions, type Resource } from './resources';

/** One service that calls another resource in the name of a first one. */
export interface Delivery {
  /** Such as `alarm to topic`. */
  readonly kind: string;
  readonly from: Resource;
  readonly to: Resource;
  /** Service principal that calls, such as `cloudwatch.amazonaws.com`. */
  readonly principal: string;
  readonly action: string;
  /** Page that says what the target's policy must have. */
  readonly source: string;
}

const SNS_SOURCE = 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html';
const EVENTS_SOURCE = 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html';

/** Action that a service needs at a target, by the target's type. */
const ACTIONS: Readonly<Record<string, string>> = {
  'AWS::SNS::Topic': 'sns:Publish',
  'AWS::SQS::Queue': 'sqs:SendMessage',
  'AWS::Lambda::Function': 'lambda:InvokeFunction',
  'AWS::Events::EventBus': 'events:PutEvents',
};

/** Every delivery that the resources ask a service for. */
export function deliveriesOf(resources: readonly Resource[]): Delivery[] {
  const targets = resources.filter(({ type }) => Object.hasOwn(ACTIONS, type));
  const to = (value: Json): Resource[] => targets.filter(({ address }) => mentions(value, address));
  const deliveries = (kind: string, from: Resource, value: Json, principal: string, source: string): Delivery[] =>
    to(value).map((target) => ({ kind, from, to: target, principal, action: ACTIONS[target.type] as string, source }));
  return resources.flatMap((resource): Delivery[] => {
    const { type, properties } = resource;
    switch (type) {
      case 'AWS::CloudWatch::Alarm':
      case 'AWS::CloudWatch::CompositeAlarm': {
        const actions = [properties.AlarmActions, properties.OKActions, properties.InsufficientDataActions];
        return deliveries('alarm to action', resource, actions, 'cloudwatch.amazonaws.com', SNS_SOURCE);
      }
      case 'AWS::Events::Rule':
        return (properties.Targets ?? []).flatMap((target: Json) => [
          ...deliveries('rule to target', resource, target.Arn, 'events.amazonaws.com', EVENTS_SOURCE).filter(
            () => target.RoleArn === undefined,
          ),
          ...deliveries('rule to dead letters', resource, target.DeadLetterConfig?.Arn, 'events.amazonaws.com', EVENTS_SOURCE),
        ]);
      case 'AWS::Budgets::Budget':
        return deliveries(
          'budget to topic',
          resource,
          properties.NotificationsWithSubscribers,
          'budgets.amazonaws.com',
          'https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html',
        );
      case 'AWS::CE::AnomalySubscription':
        return deliveries(
          'anomaly to topic',
          resource,
          properties.Subscribers,
          'costalerts.amazonaws.com',
          'https://docs.aws.amazon.com/cost-management/latest/userguide/ad-SNS.html',
        );
      case 'AWS::ApiGateway::Method':
        return deliveries(
          'method to function',
          resource,
          properties.Integration?.Uri,
          'apigateway.amazonaws.com',
          'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html',
        );
      case 'AWS::SNS::Subscription':
        return deliveries(
          'topic to subscriber',
          resource,
          properties.Endpoint,
          'sns.amazonaws.com',
          'https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html',
        );
      case 'AWS::RDS::EventSubscription':
        return deliveries(
          'database event to topic',
          resource,
          properties.SnsTopicArn,
          'events.rds.amazonaws.com',
          'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.GrantingPermissions.html',
        );
      default:
        return [];
    }
  });
}

/** Deliveries that the target's policy, or the policy of its key, doesn't let through. */
export function deliveryProblems(resources: readonly Resource[]): Problem[] {
  return deliveriesOf(resources).flatMap((delivery) => {
    const { kind, from, to, principal, action, source } = delivery;
    const text = (what: string): Problem => ({
      rule: 'delivery-denied',
      address: from.address,
      text: `${kind}: ${what} doesn't let ${principal} do ${action} for it; what it sends is lost (${source})`,
    });
    if (!isAllowed(delivery, resources)) return [text(`the policy of ${to.address}`)];
    const key = resources.find(
      ({ type, address }) =>
        type === 'AWS::KMS::Key' && mentions([to.properties.KmsMasterKeyId, to.properties.KmsKeyId], address),
    );
    const needed = ['kms:Decrypt', 'kms:GenerateDataKey'];
    const denied =
      key &&
      to.type !== 'AWS::Lambda::Function' &&
      needed.find((use) => !permits(key.properties.KeyPolicy?.Statement ?? [], delivery, use, to));
    return denied
      ? [
          {
            ...text(`the policy of the key ${key.address}`),
            text: `${kind}: the key ${key.address} of ${to.address} doesn't let ${principal} do ${denied}; what it sends is lost`,
          },
        ]
      : [];
  });
}

/**
 * Services that an account's own topics let publish while nobody gave them a policy: the default one lets in the account itself.
 */
const BY_DEFAULT: readonly string[] = ['cloudwatch.amazonaws.com'];

function isAllowed(delivery: Delivery, resources: readonly Resource[]): boolean {
  const { to, principal, action } = delivery;
  if (to.type === 'AWS::Lambda::Function') {
    return resources.some(
      ({ type, properties: permission }) =>
        type === 'AWS::Lambda::Permission' &&
        mentions(permission.FunctionName, to.address) &&
        permission.Principal === principal &&
        covers(permission.Action, action) &&
        (permission.SourceAccount === undefined || permission.SourceAccount === to.account) &&
        (permission.SourceArn === undefined || arnCovers(permission.SourceArn, delivery)),
    );
  }
  const policies = resources.filter(
    ({ type, properties }) =>
      (type === 'AWS::SNS::TopicPolicy' && mentions(properties.Topics, to.address)) ||
      (type === 'AWS::SQS::QueuePolicy' && mentions(properties.Queues, to.address)) ||
      (type === 'AWS::Events::EventBusPolicy' && mentions(properties.EventBusName, to.address)),
  );
  if (policies.length === 0) return to.type === 'AWS::SNS::Topic' && BY_DEFAULT.includes(principal);
  const statements = policies.flatMap(({ properties }) => properties.PolicyDocument?.Statement ?? [properties.Statement]);
  return permits(statements, delivery, action, to);
}

/** True if some statement allows, and none denies. */
function permits(statements: readonly Json[], delivery: Delivery, action: string, to: Resource): boolean {
  const applying = [statements]
    .flat()
    .filter(
      (statement) =>
        statement && covers(statement.Action, action) && isFor(statement.Principal, delivery.principal) && about(statement, to),
    );
  return (
    applying.some(({ Effect, Condition }) => Effect === 'Allow' && holds(Condition, delivery)) &&
    !applying.some(({ Effect, Condition }) => Effect === 'Deny' && holds(Condition, delivery))
  );
}

/** A key's policy is about the key itself, whatever its `Resource` says. */
function about({ Resource: resource }: Json, to: Resource): boolean {
  return [resource ?? '*'].flat().some((one: string) => one === '*' || mentions(one, to.address));
}

export function covers(actions: Json, action: string): boolean {
  return [actions].flat().some((pattern: string) => {
    const expression = String(pattern)
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.');
    return new RegExp(`^${expression}$`, 'i').test(action);
  });
}

function isFor(principal: Json, service: string): boolean {
  if (principal === '*' || principal?.AWS === '*') return true;
  return [principal?.Service ?? []].flat().includes(service);
}

/**
 * True if every condition is met by a call over TLS of the service for the delivery's source. A condition that isn't known here
 * isn't met.
 */
function holds(condition: Json, delivery: Delivery): boolean {
  return Object.entries(condition ?? {}).every(([operator, pairs]) =>
    Object.entries(pairs as Record<string, Json>).every(([key, wanted]) => met(operator, key.toLowerCase(), wanted, delivery)),
  );
}

function met(operator: string, key: string, wanted: Json, delivery: Delivery): boolean {
  const values = [wanted].flat().map(String);
  if (operator === 'Bool' && key === 'aws:securetransport') return values.includes('true');
  if (key === 'aws:sourceaccount' || key === 'aws:sourceowner')
    return /^String(Equals|Like)/.test(operator) && values.includes(delivery.from.account);
  if (key === 'aws:sourcearn')
    return /^(Arn|String)(Equals|Like)/.test(operator) && values.some((value) => arnCovers(value, delivery));
  if (key === 'kms:encryptioncontext:aws:sqs:arn' || key === 'kms:encryptioncontext:aws:sns:topicarn')
    return values.some((value) => mentions(value, delivery.to.address));
  if (key === 'kms:viaservice') return false;
  return false;
}

/**
 * True if an ARN, which may have wildcards, is that of the delivery's source: it names the source itself, or its API, or nobody.
 */
function arnCovers(arn: string, { from }: Delivery): boolean {
  const marks = mentioned(arn);
  if (marks.has(from.address)) return true;
  if (marks.size > 0) return [...marks].some((mark) => from.needs.has(mark));
  return arn.includes('*') && arn.includes(`:${from.account}:`);
}
