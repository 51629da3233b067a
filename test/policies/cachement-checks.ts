import { type CfnResource, Stack } from 'aws-cdk-lib';
import { CfnAccount, CfnMethod, CfnStage } from 'aws-cdk-lib/aws-apigateway';
import { CfnDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnReplicationGroup, CfnServerlessCache, CfnUser, CfnUserGroup } from 'aws-cdk-lib/aws-elasticache';
import { CfnEventBusPolicy } from 'aws-cdk-lib/aws-events';
import { CfnKey } from 'aws-cdk-lib/aws-kms';
import { CfnEventSourceMapping, CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup, CfnResourcePolicy } from 'aws-cdk-lib/aws-logs';
import { CfnDBProxy, CfnDBProxyEndpoint } from 'aws-cdk-lib/aws-rds';
import { CfnRotationSchedule } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnTopic } from 'aws-cdk-lib/aws-sns';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { CfnLoggingConfiguration } from 'aws-cdk-lib/aws-wafv2';
import { NagMessageLevel, NagPack, NagRuleCompliance } from 'cdk-nag';

// biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties have no static shape here
type Properties = Record<string, any>;

/** Rule of this package: the resources that it checks, and what each must have. */
interface Rule {
  readonly id: string;
  readonly info: string;
  readonly explanation: string;
  applies(node: CfnResource): boolean;
  holds(properties: Properties, node: CfnResource): boolean;
}

/** Resources of a type in the stack of another. */
function inStackOf<T extends CfnResource>(node: CfnResource, type: abstract new (...props: never[]) => T): T[] {
  return Stack.of(node)
    .node.findAll()
    .filter((other): other is T => other instanceof type);
}

/** The resource of a type that a value of a template refers to, if it is in the same stack. */
function referred<T extends CfnResource>(
  node: CfnResource,
  value: unknown,
  type: abstract new (...props: never[]) => T,
): T | undefined {
  const text = JSON.stringify(Stack.of(node).resolve(value) ?? '');
  return inStackOf(node, type).find((other) => text.includes(`"${Stack.of(node).resolve(other.logicalId)}"`));
}

/** Rules for caches that no public pack has. */
export const RULES: readonly Rule[] = [
  {
    id: 'ServerlessCacheInGroups',
    info: 'The serverless cache has no user group, subnets, security group, snapshots or usage limits.',
    explanation: 'Without a user group whoever reaches it may do everything; without limits it costs whatever is asked of it.',
    applies: (node) => node instanceof CfnServerlessCache,
    holds: (p) =>
      p.UserGroupId !== undefined &&
      p.SubnetIds?.length >= 2 &&
      p.SecurityGroupIds?.length > 0 &&
      p.SnapshotRetentionLimit > 0 &&
      p.CacheUsageLimits?.DataStorage?.Maximum > 0 &&
      p.CacheUsageLimits?.ECPUPerSecond?.Maximum > 0,
  },
  {
    id: 'ReplicationGroupUsers',
    info: 'The replication group has no user group, or lets clients in without TLS.',
    explanation: 'A password that travels without TLS is everybody who listens; a group without users has no password at all.',
    applies: (node) => node instanceof CfnReplicationGroup,
    holds: (p) => p.UserGroupIds?.length > 0 && p.TransitEncryptionEnabled === true && p.TransitEncryptionMode !== 'preferred',
  },
  {
    id: 'UsersOrToken',
    info: 'The replication group has an AUTH token beside its users.',
    explanation: 'ElastiCache takes one of the two, and refuses such a group.',
    applies: (node) => node instanceof CfnReplicationGroup,
    holds: (p) => p.AuthToken === undefined || !(p.UserGroupIds?.length > 0),
  },
  {
    id: 'ReplicationGroupName',
    info: 'The id of the replication group is not one that ElastiCache takes.',
    explanation: 'It has at most 40 letters, digits and single dashes, a letter first.',
    applies: (node) => node instanceof CfnReplicationGroup,
    holds: (p) =>
      p.ReplicationGroupId === undefined ||
      (/^[A-Za-z](-?[A-Za-z0-9])*$/.test(p.ReplicationGroupId) && p.ReplicationGroupId.length <= 40),
  },
  {
    id: 'ReplicationGroupResharding',
    info: 'The replication group is replaced when its number of shards changes.',
    explanation: 'CloudFormation replaces it, with every entry, unless the update policy is to reshard it online.',
    applies: (node) => node instanceof CfnReplicationGroup,
    holds: (_, node) => node.cfnOptions.updatePolicy?.useOnlineResharding === true,
  },
  {
    id: 'ReplicationGroupLogs',
    info: 'The replication group delivers no slow log or no engine log.',
    explanation: 'A command that holds up every other one is in the slow log only.',
    applies: (node) => node instanceof CfnReplicationGroup,
    holds: (p) => new Set(p.LogDeliveryConfigurations?.map((log: Properties) => log.LogType)).size === 2,
  },
  {
    id: 'DefaultUserDisabled',
    info: "The user named 'default' may do something.",
    explanation: 'A client that gives no name is this user.',
    applies: (node) => node instanceof CfnUser,
    holds: (p) => p.UserName !== 'default' || p.AccessString === 'off -@all',
  },
  {
    id: 'UserNotDangerous',
    info: 'The user may run commands that look at all keys, stop the server or change its configuration.',
    explanation: 'KEYS and FLUSHALL stop every other command for as long as they run.',
    applies: (node) => node instanceof CfnUser,
    holds: (p) => /^off |-@dangerous/.test(p.AccessString ?? ''),
  },
  {
    id: 'UserIdIsName',
    info: 'The user signs in by IAM, and its id is not its name.',
    explanation: 'ElastiCache refuses such a user.',
    applies: (node) => node instanceof CfnUser,
    holds: (p) => p.AuthenticationMode?.Type !== 'iam' || p.UserId === p.UserName,
  },
  {
    id: 'UserGroupHasDefault',
    info: 'The user group of Redis OSS has fewer than two users.',
    explanation: "It must have a user named 'default', which is disabled, and one for clients. Valkey's need none.",
    applies: (node) => node instanceof CfnUserGroup,
    holds: (p) => p.Engine !== 'redis' || p.UserIds?.length >= 2,
  },
  {
    id: 'ProxyTls',
    info: 'The database proxy lets clients in without TLS.',
    explanation: "The database's own setting doesn't reach the connections before the proxy.",
    applies: (node) => node instanceof CfnDBProxy,
    holds: (p) => p.RequireTLS === true,
  },
  {
    id: 'ProxyWritesOnly',
    info: 'The endpoint of the database proxy is for reads.',
    explanation: 'A proxy has such endpoints before clusters only, and RDS refuses it before an instance.',
    applies: (node) => node instanceof CfnDBProxyEndpoint,
    holds: (p) => p.TargetRole !== 'READ_ONLY',
  },
  {
    id: 'NoHostedRotation',
    info: 'The secret is rotated by a function that Secrets Manager hosts.',
    explanation: 'It comes by a transform, and has no way to Secrets Manager out of isolated subnets.',
    applies: (node) => node instanceof CfnRotationSchedule,
    holds: (p) => p.HostedRotationLambda === undefined,
  },
  {
    id: 'AccountRole',
    info: 'The stage logs, and its stack sets the role that API Gateway logs as never, or more than once.',
    explanation: 'A stage with logs fails without the role; of two, the one that is deleted first takes it from the other.',
    applies: (node) => node instanceof CfnStage,
    holds: (p, node) => p.AccessLogSetting === undefined || inStackOf(node, CfnAccount).length === 1,
  },
  {
    id: 'FirewallLogName',
    info: 'The log of the web ACL has a name that AWS WAF refuses.',
    explanation: "It logs to groups whose names begin with 'aws-waf-logs-', and to no other.",
    applies: (node) => node instanceof CfnLoggingConfiguration,
    holds: (p, node) =>
      (p.LogDestinationConfigs ?? []).every((arn: unknown) => {
        const name = referred(node, arn, CfnLogGroup)?.logGroupName ?? JSON.stringify(arn).split(':log-group:')[1];
        return name?.startsWith('aws-waf-logs-') === true;
      }),
  },
  {
    id: 'LogPolicies',
    info: 'The stack has more than ten policies of log groups.',
    explanation: 'CloudWatch Logs keeps ten in an account and region, and refuses the next.',
    applies: (node) => node instanceof CfnResourcePolicy,
    holds: (_, node) => inStackOf(node, CfnResourcePolicy).length <= 10,
  },
  {
    id: 'AlarmKey',
    info: 'The key of a topic of alarms does not let CloudWatch use it.',
    explanation: 'What CloudWatch publishes to the topic is lost without a word.',
    applies: (node) => node instanceof CfnAlarm,
    holds: (p, node) =>
      (p.AlarmActions ?? []).every((action: unknown) => {
        const key = referred(node, referred(node, action, CfnTopic)?.kmsMasterKeyId, CfnKey);
        // A key of another stack is that stack's, and is checked there.
        return !key || JSON.stringify(Stack.of(key).resolve(key.keyPolicy)).includes('"cloudwatch.amazonaws.com"');
      }),
  },
  {
    id: 'CacheTags',
    info: 'The distribution caches and can not be purged by tag.',
    explanation: 'Without a tag header an invalidation of a tag is billed and does nothing.',
    applies: (node) => node instanceof CfnDistribution,
    holds: (p) => typeof p.DistributionConfig?.CacheTagConfig?.HeaderName === 'string',
  },
  {
    id: 'ErrorsNotCached',
    info: 'The distribution caches errors for longer than the origin says.',
    explanation: 'CloudFront keeps an error for 10 s by itself, which no purge knows of.',
    applies: (node) => node instanceof CfnDistribution,
    holds: (p) =>
      [404, 500, 502, 503, 504].every((code) =>
        p.DistributionConfig?.CustomErrorResponses?.some(
          (response: Properties) => response.ErrorCode === code && response.ErrorCachingMinTTL === 0,
        ),
      ),
  },
  {
    id: 'StageCacheExplicit',
    info: 'The stage does not say whether it has a cache.',
    explanation: 'API Gateway keeps what a template no longer says.',
    applies: (node) => node instanceof CfnStage,
    holds: (p) => typeof p.CacheClusterEnabled === 'boolean',
  },
  {
    id: 'MethodCachingExplicit',
    info: 'A method setting does not say whether the method is cached, or whether the cache is encrypted.',
    explanation: 'API Gateway keeps what a template no longer says, and the key of a method that is no longer listed changes.',
    applies: (node) => node instanceof CfnStage,
    holds: (p) =>
      p.MethodSettings?.length > 0 &&
      p.MethodSettings.every(
        (method: Properties) => typeof method.CachingEnabled === 'boolean' && method.CacheDataEncrypted === true,
      ),
  },
  {
    id: 'MethodKeyComplete',
    info: 'A cached method has parameters that are not part of its key.',
    explanation: 'Two requests that differ in one of them get the same response.',
    applies: (node) => node instanceof CfnMethod,
    holds: (p) =>
      p.Integration?.CacheKeyParameters === undefined ||
      p.Integration.CacheKeyParameters.length === 0 ||
      Object.keys(p.RequestParameters ?? {}).every((name) => p.Integration.CacheKeyParameters.includes(name)),
  },
  {
    id: 'QueueVisibility',
    info: "The queue's visibility timeout is less than six times its function's timeout.",
    explanation: 'A message that is still worked on would be handed out again.',
    applies: (node) => node instanceof CfnEventSourceMapping,
    holds: (p, node) => {
      const queue = referred(node, p.EventSourceArn, CfnQueue);
      const fn = referred(node, p.FunctionName, CfnFunction);
      return !queue || !fn || Number(queue.visibilityTimeout) >= 6 * Number(fn.timeout);
    },
  },
  {
    id: 'BatchFailures',
    info: 'A function takes batches from a queue, and can not say which messages failed.',
    explanation: 'One message that fails would bring back all the others.',
    applies: (node) => node instanceof CfnEventSourceMapping,
    holds: (p) => p.FunctionResponseTypes?.includes('ReportBatchItemFailures'),
  },
  {
    id: 'NoInvalidationOnDeploy',
    info: 'A deployment of files waits for an invalidation.',
    explanation: 'It can hang for an hour when the distribution is new; purge by an event after the deployment.',
    applies: (node) => node.cfnResourceType === 'Custom::CDKBucketDeployment',
    holds: (p) => p.DistributionId === undefined,
  },
  {
    id: 'BusPolicyNamed',
    info: 'The statement of the bus has no id, or lets everybody in.',
    explanation: 'Without an id the next deployment adds a second one.',
    applies: (node) => node instanceof CfnEventBusPolicy,
    holds: (p) => typeof p.StatementId === 'string' && p.Principal !== '*' && p.Statement?.Principal !== '*',
  },
];

/** Rule pack of this package, for what the others don't cover. */
export class CachementChecks extends NagPack {
  readonly name = 'Cachement';

  constructor() {
    super();
    this.packName = 'Cachement';
  }

  protected checkResource(node: CfnResource): void {
    const rules = RULES.filter((rule) => rule.applies(node));
    if (rules.length === 0) return;
    // Overrides are part of it: what is deployed counts, not what was given to a constructor.
    // biome-ignore lint/suspicious/noExplicitAny: protected in the CDK, and its only way to what is deployed
    const rendered = Stack.of(node).resolve((node as any)._toCloudFormation()).Resources ?? {};
    const properties: Properties = (Object.values(rendered)[0] as Properties)?.Properties ?? {};
    for (const { id, info, explanation, holds } of rules) {
      this.applyRule({
        ruleSuffixOverride: id,
        info,
        explanation,
        level: NagMessageLevel.ERROR,
        node,
        rule: () => (holds(properties, node) ? NagRuleCompliance.COMPLIANT : NagRuleCompliance.NON_COMPLIANT),
      });
    }
  }
}
