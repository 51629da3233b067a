import { CfnResource, Duration, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { ServerlessChecks } from 'cdk-nag';
import { DatabaseRole } from '../../../../lib/database/database-role';
import { ReplicatedDatabase } from '../../../../lib/database/replicated-database';
import type { PlatformFunction } from '../../../../lib/functions/platform-function';
import { CachedApi } from '../../../../lib/gateway/cached-api';
import { CacheMonitoring } from '../../../../lib/operations/cache-monitoring';
import { Firewall, FirewallScope } from '../../../../lib/operations/firewall';
import { PlatformKey } from '../../../../lib/operations/platform-key';
import { SharedCache } from '../../../../lib/shared/shared-cache';
import { CachementChecks } from '../../../policies/cachement-checks';
import { newNetwork, newStack, routeAt } from '../support';
import { ACCOUNT, fnIn } from './scenes';

/** Rules of this package's pack that a stack violates. */
const broken = (stack: Stack) => new CachementChecks().validateScope(stack).violations.map(({ ruleName }) => ruleName);

describe('our own pack, or a public one, finds', () => {
  test('18: a user of IAM whose id is not its name', () => {
    const stack = newStack();
    new elasticache.CfnUser(stack, 'User', {
      engine: 'valkey',
      userId: 'a',
      userName: 'b',
      accessString: 'on ~* +@all -@dangerous',
      authenticationMode: { Type: 'iam' },
    });
    expect(broken(stack)).toEqual(['Cachement-UserIdIsName']);
  });

  test('18: a group of Redis OSS without a disabled default user', () => {
    const stack = newStack();
    new elasticache.CfnUserGroup(stack, 'Group', { engine: 'redis', userGroupId: 'g', userIds: ['one'] });
    new elasticache.CfnUserGroup(stack, 'Other', { engine: 'valkey', userGroupId: 'h', userIds: ['one'] });
    expect(broken(stack)).toEqual(['Cachement-UserGroupHasDefault']);
  });

  test('19: a stage or a method that does not say whether it is cached', () => {
    const stack = newStack();
    new apigateway.CfnStage(stack, 'Stage', {
      restApiId: 'a',
      methodSettings: [{ httpMethod: 'GET', resourcePath: '/*', cachingEnabled: true }],
    });
    expect(broken(stack)).toEqual(['Cachement-StageCacheExplicit', 'Cachement-MethodCachingExplicit']);
  });

  test('19: a cached method with a parameter that is not part of its key', () => {
    const stack = newStack();
    new apigateway.CfnMethod(stack, 'Method', {
      httpMethod: 'GET',
      resourceId: 'r',
      restApiId: 'a',
      requestParameters: { 'method.request.querystring.page': false, 'method.request.path.id': true },
      integration: { type: 'AWS_PROXY', cacheKeyParameters: ['method.request.path.id'] },
    });
    expect(broken(stack)).toEqual(['Cachement-MethodKeyComplete']);
  });

  test('21: a proxy without TLS', () => {
    const stack = newStack();
    new rds.CfnDBProxy(stack, 'Proxy', {
      dbProxyName: 'proxy',
      engineFamily: 'POSTGRESQL',
      roleArn: `arn:aws:iam::${ACCOUNT}:role/proxy`,
      vpcSubnetIds: ['a', 'b'],
    });
    expect(broken(stack)).toEqual(['Cachement-ProxyTls']);
  });

  test('24: a queue that hands a message out again while it is worked on', () => {
    const stack = newStack();
    const fn = fnIn(stack, undefined);
    const queue = new sqs.Queue(stack, 'Queue', { visibilityTimeout: Duration.seconds(6) });
    new lambda.EventSourceMapping(stack, 'Mapping', {
      target: fn,
      eventSourceArn: queue.queueArn,
      reportBatchItemFailures: true,
    });
    expect(broken(stack)).toEqual(['Cachement-QueueVisibility']);
  });

  test('31: a target without a queue for what is not delivered', () => {
    const stack = newStack();
    new events.Rule(stack, 'Rule', {
      schedule: events.Schedule.rate(Duration.minutes(1)),
      targets: [new targets.LambdaFunction(fnIn(stack, undefined))],
    });
    const found = new ServerlessChecks().validateScope(stack).violations.map(({ ruleName }) => ruleName);
    expect(found).toContain('Serverless-EventBusDLQ');
  });

  test('35: a deployment of files that waits for an invalidation', () => {
    const stack = newStack();
    new CfnResource(stack, 'Files', {
      type: 'Custom::CDKBucketDeployment',
      properties: { DistributionId: 'E1', DistributionPaths: ['/*'] },
    });
    expect(broken(stack)).toEqual(['Cachement-NoInvalidationOnDeploy']);
  });

  const group = (props: Partial<elasticache.CfnReplicationGroupProps>) => {
    const stack = newStack();
    const resource = new elasticache.CfnReplicationGroup(stack, 'Group', {
      replicationGroupDescription: 'Group',
      engine: 'valkey',
      userGroupIds: ['g'],
      transitEncryptionEnabled: true,
      logDeliveryConfigurations: ['slow-log', 'engine-log'].map((logType) => ({
        logType,
        logFormat: 'json',
        destinationType: 'cloudwatch-logs',
        destinationDetails: { cloudWatchLogsDetails: { logGroup: 'log' } },
      })),
      ...props,
    });
    resource.cfnOptions.updatePolicy = { useOnlineResharding: true };
    return broken(stack);
  };

  test('16: an AUTH token beside users', () => {
    expect(group({})).toEqual([]);
    expect(group({ authToken: 'x'.repeat(16) })).toEqual(['Cachement-UsersOrToken']);
  });

  test.each(['1shop', 'a--b', 'shop-', 'a'.repeat(41)])('17: a group that is named %s', (replicationGroupId) => {
    expect(group({ replicationGroupId })).toEqual(['Cachement-ReplicationGroupName']);
  });

  test('21: an endpoint for reads of a proxy', () => {
    const stack = newStack();
    const endpoint = { dbProxyName: 'proxy', dbProxyEndpointName: 'reads', vpcSubnetIds: ['a', 'b'] };
    new rds.CfnDBProxyEndpoint(stack, 'Reads', { ...endpoint, targetRole: 'READ_ONLY' });
    expect(broken(stack)).toEqual(['Cachement-ProxyWritesOnly']);
  });

  test('28: a stage that logs without the role of the account, or with two', () => {
    const stack = newStack();
    const stage = new apigateway.CfnStage(stack, 'Stage', {
      restApiId: 'a',
      cacheClusterEnabled: false,
      methodSettings: [{ httpMethod: '*', resourcePath: '/*', cachingEnabled: false, cacheDataEncrypted: true }],
    });
    expect(broken(stack)).toEqual([]);
    stage.accessLogSetting = { destinationArn: 'arn', format: '{}' };
    expect(broken(stack)).toEqual(['Cachement-AccountRole']);
    new apigateway.CfnAccount(stack, 'A');
    expect(broken(stack)).toEqual([]);
    new apigateway.CfnAccount(stack, 'B');
    expect(broken(stack)).toEqual(['Cachement-AccountRole']);
  });

  test('29: a log that AWS WAF refuses by its name', () => {
    const named = (logGroupName: string) => {
      const stack = newStack();
      const { logGroupArn } = new logs.LogGroup(stack, 'Log', { logGroupName });
      new wafv2.CfnLoggingConfiguration(stack, 'Logging', { resourceArn: 'acl', logDestinationConfigs: [logGroupArn] });
      return broken(stack);
    };
    expect(named('aws-waf-logs-shop')).toEqual([]);
    expect(named('shop')).toEqual(['Cachement-FirewallLogName']);
  });

  test('29: more policies of log groups than an account has', () => {
    const stack = newStack();
    const add = (index: number) =>
      new logs.CfnResourcePolicy(stack, `Policy${index}`, { policyName: `p${index}`, policyDocument: '{}' });
    for (let index = 1; index <= 10; index++) add(index);
    expect(broken(stack)).toEqual([]);
    add(11);
    expect(new Set(broken(stack))).toEqual(new Set(['Cachement-LogPolicies']));
  });

  test('30: alarms to a topic whose key does not let CloudWatch use it', () => {
    const alarmsWith = (open: boolean) => {
      const stack = newStack();
      const key = new kms.Key(stack, 'Key');
      if (open) key.grantEncryptDecrypt(new iam.ServicePrincipal('cloudwatch.amazonaws.com'));
      const topic = new sns.Topic(stack, 'Topic', { masterKey: key });
      const metric = new cloudwatch.Metric({ namespace: 'n', metricName: 'm' });
      new cloudwatch.Alarm(stack, 'Alarm', { metric, threshold: 1, evaluationPeriods: 1 }).addAlarmAction(new SnsAction(topic));
      return broken(stack);
    };
    expect(alarmsWith(true)).toEqual([]);
    expect(alarmsWith(false)).toEqual(['Cachement-AlarmKey']);
  });

  test('31: a bus that everybody may fill', () => {
    const stack = newStack();
    const statement = { Effect: 'Allow', Principal: '*', Action: 'events:PutEvents', Resource: '*' };
    new events.CfnEventBusPolicy(stack, 'Policy', { statementId: 'everyone', statement });
    expect(broken(stack)).toEqual(['Cachement-BusPolicyNamed']);
  });

  test('32: a rotation by a function that Secrets Manager hosts', () => {
    const stack = newStack();
    new secretsmanager.CfnRotationSchedule(stack, 'Rotation', {
      secretId: 's',
      hostedRotationLambda: { rotationType: 'PostgreSQLSingleUser' },
    });
    expect(broken(stack)).toEqual(['Cachement-NoHostedRotation']);
  });
});

describe('our constructs', () => {
  test('19: say of every method whether it is cached, and that the cache is encrypted', () => {
    const stack = newStack();
    new CachedApi(stack, 'Api').addRoute(routeAt('a', '/a'), { reader: fnIn(stack, undefined) });
    expect(broken(stack)).toEqual([]);
  });

  test('21: let writers through the proxy, and readers past it', () => {
    const { stack, network } = newNetwork();
    const db = new ReplicatedDatabase(stack, 'Database', { network, proxy: true });
    const [reader, writer] = ['Reader', 'Writer'].map((id) => fnIn(stack, network, id)) as [PlatformFunction, PlatformFunction];
    db.addClient(reader, { role: DatabaseRole.READER });
    db.addClient(writer, { role: DatabaseRole.WRITER });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::RDS::DBProxyEndpoint', 0);
    template.hasResourceProperties('AWS::RDS::DBProxy', { RequireTLS: true });
    const environments = Object.values(template.findResources('AWS::Lambda::Function')).map(({ Properties }) =>
      JSON.stringify(Properties.Environment?.Variables?.DATABASE_WRITER ?? ''),
    );
    expect(environments.filter((text) => text.includes('Proxy'))).toHaveLength(1);
  });

  test('28: log as one role in a stack, however many APIs it has, and only once it is there', () => {
    const stack = newStack();
    for (const id of ['One', 'Two']) {
      new CachedApi(stack, id).addRoute(routeAt('a', '/a'), { reader: fnIn(stack, undefined, `${id}Function`) });
    }
    const template = Template.fromStack(stack);
    const accounts = Object.keys(template.findResources('AWS::ApiGateway::Account'));
    expect(accounts).toHaveLength(1);
    const stages = Object.values(template.findResources('AWS::ApiGateway::Stage'));
    expect(stages).toHaveLength(2);
    for (const stage of stages) expect(stage.DependsOn).toContain(accounts[0]);
  });

  test('29: name the log of rules as AWS WAF wants it', () => {
    const stack = newStack();
    new Firewall(stack, 'Firewall', { scope: FirewallScope.REGIONAL });
    expect(broken(stack)).toEqual([]);
    const [log] = Object.values(Template.fromStack(stack).findResources('AWS::Logs::LogGroup'));
    expect(log?.Properties.LogGroupName['Fn::Join'][1][0]).toMatch(/^aws-waf-logs-/);
  });

  test('30: let every service use the key that writes with it', () => {
    const stack = newStack();
    const { key } = new PlatformKey(stack, 'Key');
    new CacheMonitoring(stack, 'Monitoring', { encryptionKey: key }).watchQueue('steps', new sqs.Queue(stack, 'Queue'));
    expect(broken(stack)).toEqual([]);
    const text = JSON.stringify(Template.fromStack(stack).findResources('AWS::KMS::Key'));
    for (const service of ['logs.', 'cloudwatch.amazonaws.com', 'budgets.amazonaws.com']) expect(text).toContain(service);
  });

  test('34: change the number of shards without a replacement, when they scale by themselves too', () => {
    const { stack, network } = newNetwork();
    new SharedCache(stack, 'Shared', { network, namespace: 'shop', nodeType: 'cache.r7g.large' }).autoscaleShards({
      min: 3,
      max: 6,
    });
    const template = Template.fromStack(stack);
    template.hasResource('AWS::ElastiCache::ReplicationGroup', { UpdatePolicy: { UseOnlineResharding: true } });
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      ScalableDimension: 'elasticache:replication-group:NodeGroups',
      MinCapacity: 3,
      MaxCapacity: 6,
    });
  });
});
