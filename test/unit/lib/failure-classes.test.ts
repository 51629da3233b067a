import { App, CfnResource, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { ServerlessChecks } from 'cdk-nag';
import cdkJson from '../../../cdk.json';
import { DatabaseRole } from '../../../lib/database/database-role';
import { ReplicatedDatabase, type ReplicatedDatabaseProps } from '../../../lib/database/replicated-database';
import { EdgeDistribution } from '../../../lib/edge/edge-distribution';
import { PlatformFunction } from '../../../lib/functions/platform-function';
import { CachedApi } from '../../../lib/gateway/cached-api';
import { PlatformNetwork } from '../../../lib/network/platform-network';
import { CacheBudget } from '../../../lib/operations/cache-budget';
import { Firewall, FirewallScope } from '../../../lib/operations/firewall';
import { PlatformKey } from '../../../lib/operations/platform-key';
import { PurgeBus } from '../../../lib/purge/purge-bus';
import { CacheAuthentication } from '../../../lib/shared/cache-access';
import { CacheEngine } from '../../../lib/shared/cache-engine';
import { ServerlessSharedCache } from '../../../lib/shared/serverless-shared-cache';
import { SharedCache, type SharedCacheProps } from '../../../lib/shared/shared-cache';
import { defineStage, stageConfig } from '../../../lib/stacks/stage';
import { CachementChecks } from '../../policies/cachement-checks';
import { reportedBy } from '../../policies/findings';
import { newNetwork, newStack, routeAt } from './support';

/*
 * The classes of failures that a deployment would find, and that are found before it: by a construct, with a message that names property,
 * rule, value and fix; or by the CDK, of which it is tested that it still does. The numbers are those of the list that the constructs were
 * designed by. Four of its classes are about a whole stage, and have tests of their own in test/snapshot: what each function is granted (25),
 * which paths through security groups there are (26), names in one account (33), and exports that others use (8).
 */

const ACCOUNT = '111111111111';
const HERE = { account: ACCOUNT, region: 'eu-west-1' };
const unvalidated = () => new App({ context: cdkJson.context, builtinCloudFormationValidation: false });

function fnIn(stack: Stack, network: PlatformNetwork | undefined, id = 'Function', concurrency = 1): PlatformFunction {
  return new PlatformFunction(stack, id, {
    bundle: 'topology',
    description: 'Does it',
    timeout: Duration.seconds(3),
    vpc: network?.vpc,
    concurrency,
  });
}

function shared(props: Partial<SharedCacheProps>): SharedCache {
  const { stack, network } = newNetwork();
  return new SharedCache(stack, 'Shared', { network, namespace: 'shop', ...props });
}

function database(props: Partial<ReplicatedDatabaseProps>): ReplicatedDatabase {
  const { stack, network } = newNetwork();
  return new ReplicatedDatabase(stack, 'Database', { network, ...props });
}

function edgeWith(certificate: acm.ICertificate, stack: Stack): EdgeDistribution {
  const fn = fnIn(stack, undefined);
  const api = new CachedApi(stack, 'Api', { routes: [routeAt('a', '/a')], reader: fn, writer: fn });
  return new EdgeDistribution(stack, 'Edge', {
    routes: [routeAt('a', '/a')],
    api,
    domain: { name: 'www.example.com', certificate },
  });
}

function importedNetwork(zones: string[] = ['a', 'b']) {
  const stack = newStack();
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1',
    availabilityZones: zones,
    isolatedSubnetIds: zones.map((zone) => `subnet-${zone}`),
  });
  return { stack, network: PlatformNetwork.fromPlatformNetworkAttributes({ vpc }) };
}

/** What a construct refuses, by the number of its class: what is done, and the message. */
const REFUSED: [number, string, () => unknown, string][] = [
  [
    5,
    'rules for the edge are in a region that is not known',
    () => new Firewall(newStack(), 'Firewall', { scope: FirewallScope.EDGE }),
    "firewall: 'scope' EDGE must be in a stack whose region is us-east-1, got: a region that is only known when it is deployed; set 'env.region' of its stack",
  ],
  [
    5,
    'rules for the edge are in another region',
    () => new Firewall(new Stack(unvalidated(), 'Eu', { env: HERE }), 'Firewall', { scope: FirewallScope.EDGE }),
    "got: 'eu-west-1'",
  ],
  [
    6,
    'the certificate of the edge is made in another region',
    () => {
      const stack = new Stack(unvalidated(), 'Eu', { env: HERE });
      return edgeWith(new acm.Certificate(stack, 'Certificate', { domainName: 'www.example.com' }), stack);
    },
    "edge distribution: 'domain.certificate' must be in us-east-1, got: 'eu-west-1'; make it in a stack with that 'env.region'",
  ],
  [
    6,
    'an imported certificate of the edge is of another region',
    () => {
      const stack = newStack();
      const arn = `arn:aws:acm:eu-west-1:${ACCOUNT}:certificate/1`;
      return edgeWith(acm.Certificate.fromCertificateArn(stack, 'Certificate', arn), stack);
    },
    "'domain.certificate' must be in us-east-1, got: 'eu-west-1'",
  ],
  [
    7,
    'a stage has a domain and no region to refer to it from',
    () =>
      defineStage({
        ...stageConfig('prod'),
        domain: { name: 'www.example.com', zoneName: 'example.com', hostedZoneId: 'Z1' },
      }),
    "stage 'prod': 'domain' needs 'environment', since the certificate is made in us-east-1 and used from another region, got: \"www.example.com\"",
  ],
  [
    9,
    'there is cluster mode with several shards and no failover',
    () => shared({ automaticFailover: false, multiAz: false }),
    "'automaticFailover' must be on in cluster mode with 3 shards, got: false",
  ],
  [
    10,
    'there is Multi-AZ without failover',
    () => shared({ automaticFailover: false, multiAz: true, shards: 1 }),
    "'multiAz' needs 'automaticFailover' and a replica in another zone; turn it on, or this off, got: true",
  ],
  [
    10,
    'there is failover without a replica',
    () => shared({ replicasPerShard: 0 }),
    "'automaticFailover' needs a replica to fail over to; set 'replicasPerShard' to at least 1, got: true",
  ],
  [
    12,
    'a family is of another engine',
    () => CacheEngine.of('valkey', '8.0', 'redis7'),
    "cache engine: 'parameterGroupFamily' must be that of valkey 8.0, got: 'redis7'; set it to 'valkey8'",
  ],
  [
    12,
    'a family is of another version',
    () => CacheEngine.of('valkey', '8.1', 'valkey7'),
    "must be that of valkey 8.1, got: 'valkey7'; set it to 'valkey8'",
  ],
  [
    13,
    'a node type is of no family',
    () => shared({ nodeType: 'cache.t9.banana' }),
    "'nodeType' must be a node type such as 'cache.r7g.large', got: \"cache.t9.banana\"",
  ],
  [
    13,
    'an engine has no such version',
    () => CacheEngine.of('redis', '99', 'redis99'),
    "'version' must be such as '8.0', got: '99'",
  ],
  [
    14,
    'burstable nodes are to scale by themselves',
    () => shared({ nodeType: 'cache.t4g.medium' }).autoscaleShards({ min: 3, max: 6 }),
    "'autoscaleShards' needs nodes of size large to 2xlarge that aren't burstable, such as 'cache.r7g.large', got: \"cache.t4g.medium\"",
  ],
  [
    14,
    'a group without cluster mode is to scale by itself',
    () => shared({ nodeType: 'cache.r7g.large', clusterMode: false }).autoscaleReplicas({ min: 1, max: 3 }),
    "'autoscaleReplicas' needs cluster mode; set 'clusterMode' to true, got: false",
  ],
  [
    14,
    'replicas are to scale with little memory reserved',
    () => shared({ nodeType: 'cache.r7g.large', reservedMemoryPercent: 10 }).autoscaleReplicas({ min: 1, max: 3 }),
    "'reservedMemoryPercent' must be at least 25 with 'autoscaleReplicas', got: 10",
  ],
  [15, 'there are too many replicas', () => shared({ replicasPerShard: 6 }), "'replicasPerShard' must be 0 to 5, got: 6"],
  [
    16,
    'the functions are to sign in by IAM, which they do by password',
    () => {
      const { stack, network } = newNetwork();
      const cache = new SharedCache(stack, 'Shared', { network, namespace: 'shop', authentication: CacheAuthentication.IAM });
      cache.addClient(fnIn(stack, network));
    },
    "'authentication' must be CacheAuthentication.PASSWORD for function 'Function', got: IAM; set it, or use 'grants.connect'",
  ],
  [
    17,
    'names would be too long, or not ElastiCache names',
    () => shared({ namespace: 'a--b' }),
    '\'namespace\' must be at most 30 lower case letters, digits and single dashes, a letter first, got: "a--b"',
  ],
  [
    20,
    'there are replicas and no backups to make them from',
    () => database({ replicas: 1, backupRetention: Duration.days(0) }),
    "'backupRetention' must be at least one day where there are replicas, which RDS makes from a backup, got: 0",
  ],
  [
    22,
    'the database would be in one zone',
    () => {
      const stack = newStack();
      const vpc = new ec2.Vpc(stack, 'Vpc', {
        maxAzs: 1,
        natGateways: 0,
        subnetConfiguration: [{ name: 'isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
      });
      PlatformNetwork.fromPlatformNetworkAttributes({ vpc });
    },
    "imported network: 'vpc' must have isolated subnets in two availability zones or more, got: [",
  ],
  [
    27,
    'a function publishes from a network without an endpoint of EventBridge',
    () => {
      const { stack, network } = importedNetwork();
      new PurgeBus(stack, 'Bus').addPublisher(fnIn(stack, network as PlatformNetwork), network);
    },
    "imported network: 'eventsEndpoint' must be given, got: undefined; a function in it publishes to a bus, and has no other way there",
  ],
  [
    27,
    'a function reads a password in a network without an endpoint of Secrets Manager',
    () => {
      const { stack, network } = importedNetwork();
      const db = new ReplicatedDatabase(stack, 'Database', { network });
      db.addClient(fnIn(stack, network as PlatformNetwork), { role: DatabaseRole.READER });
    },
    "imported network: 'secretsEndpoint' must be given, got: undefined; a function in it reads a password",
  ],
  [
    27,
    'a custom resource can not answer',
    () => {
      const { stack, network } = importedNetwork();
      network.allowCustomResourceResponses(fnIn(stack, network as PlatformNetwork));
    },
    "imported network: 's3Endpoint' must be true for a custom resource, got: false; add a gateway endpoint of S3",
  ],
  [
    33,
    'a stage name would make names too long',
    () => defineStage({ ...stageConfig('dev'), name: 'a-very-long-stage-name' }),
    '\'name\' must be at most 16 lower case letters and digits, a letter first, got: "a-very-long-stage-name"',
  ],
  [
    19,
    'a serverless cache has limits that there are not',
    () => {
      const { stack, network } = newNetwork();
      new ServerlessSharedCache(stack, 'Shared', { network, namespace: 'shop', maxStorageGb: 6000 });
    },
    "serverless shared cache: 'maxStorageGb' must be 1 to 5000, got: 6000",
  ],
];

test.each(REFUSED)('%d: fails when %s', (_, __, act, message) => {
  expect(act).toThrow(message);
});

test('a budget fails when its limit is no amount', () => {
  const stack = newStack();
  const topic = new sns.Topic(stack, 'Topic');
  expect(() => new CacheBudget(stack, 'Budget', { monthlyLimit: 0, topic })).toThrow(
    "cache budget: 'monthlyLimit' must be an amount of USD above 0, got: 0",
  );
});

test('fails when the pools of all clients need more connections than a server takes', () => {
  const { stack, network } = newNetwork();
  const db = new ReplicatedDatabase(stack, 'Database', { network, maxConnections: 100 });
  db.addClient(fnIn(stack, network, 'Reader', 80), { role: DatabaseRole.READER, poolSize: 2 });
  expect(() => Template.fromStack(stack)).toThrow(
    "concurrency x pool size must be at most 'maxConnections' less 10 (90), got: 160 (Reader 80 x 2); lower a concurrency or pool size",
  );
});

describe('the CDK still refuses', () => {
  test('1: a rule from a producer to a consumer in another stack, and takes it from the consumer', () => {
    const both = (open: (db: ReplicatedDatabase, fn: PlatformFunction) => void) => {
      const app = unvalidated();
      const base = new Stack(app, 'Base');
      const network = new PlatformNetwork(base, 'Network');
      const db = new ReplicatedDatabase(base, 'Database', { network });
      const stack = new Stack(app, 'Consumer');
      const fn = fnIn(stack, network);
      fn.addEnvironment('HOST', db.primary.dbInstanceEndpointAddress);
      open(db, fn);
      return app;
    };
    expect(() => both((db, fn) => db.connections.allowDefaultPortFrom(fn)).synth()).toThrow(/cyclic/i);
    expect(() => both((db, fn) => fn.connections.allowToDefaultPort(db)).synth()).not.toThrow();
  });

  test('2: a bucket with origin access control in another stack than the distribution', () => {
    const app = unvalidated();
    const bucket = new s3.Bucket(new Stack(app, 'Bucket'), 'Bucket');
    new cloudfront.Distribution(new Stack(app, 'Edge'), 'Edge', {
      defaultBehavior: { origin: S3BucketOrigin.withOriginAccessControl(bucket) },
    });
    expect(() => app.synth()).toThrow(/cyclic/i);
  });

  test('3: more than 500 resources', () => {
    const stack = newStack();
    for (let index = 0; index <= 500; index++)
      new CfnResource(stack, `R${index}`, { type: 'AWS::CloudFormation::WaitConditionHandle' });
    expect(() => Template.fromStack(stack)).toThrow(/501.*500/);
  });

  test('7: a reference to another region where one of the two is not known', () => {
    const app = unvalidated();
    const firewall = new Firewall(new Stack(app, 'UsEast1', { env: { region: 'us-east-1' } }), 'Firewall', {
      scope: FirewallScope.EDGE,
    });
    new cloudfront.Distribution(new Stack(app, 'Edge'), 'Edge', {
      defaultBehavior: { origin: new HttpOrigin('example.com') },
      webAclId: firewall.webAcl.attrArn,
    });
    expect(() => app.synth()).toThrow(/explicit region/);
  });

  test('7: and resolves it by an output where both are', () => {
    const app = unvalidated();
    const env = { account: ACCOUNT, region: 'us-east-1' };
    const firewall = new Firewall(new Stack(app, 'UsEast1', { env }), 'Firewall', { scope: FirewallScope.EDGE });
    const edge = new Stack(app, 'Edge', { env: HERE });
    new cloudfront.Distribution(edge, 'Edge', {
      defaultBehavior: { origin: new HttpOrigin('example.com') },
      webAclId: firewall.webAcl.attrArn,
    });
    expect(JSON.stringify(Template.fromStack(edge).toJSON())).toContain('Fn::GetStackOutput');
    expect(edge.dependencies.map((stack) => stack.stackName)).toEqual(['UsEast1']);
  });
});

describe("the CDK's own rules still find, in strict mode,", () => {
  const vpc = (stack: Stack, id: string) => new ec2.CfnVPC(stack, id, { cidrBlock: '10.0.0.0/16' }).ref;
  const group = (props: Partial<elasticache.CfnReplicationGroupProps>) => (stack: Stack) =>
    new elasticache.CfnReplicationGroup(stack, 'Group', { replicationGroupDescription: 'Group', ...props });
  const fn = (props: Partial<lambda.CfnFunctionProps>) => (stack: Stack) =>
    new lambda.CfnFunction(stack, 'Fn', {
      role: `arn:aws:iam::${ACCOUNT}:role/fn`,
      code: { zipFile: 'exports.handler = () => {}' },
      handler: 'index.handler',
      runtime: 'nodejs24.x',
      ...props,
    });

  test.each<[number, string, (stack: Stack) => unknown, RegExp]>([
    [
      4,
      'a resource that depends on itself',
      (stack) => {
        const [a, b] = ['A', 'B'].map((id) => new CfnResource(stack, id, { type: 'AWS::SNS::Topic' }));
        a?.addOverride('DependsOn', 'B');
        b?.addOverride('DependsOn', 'A');
      },
      /F3004|[Cc]ircular/,
    ],
    [
      4,
      'a reference to nothing',
      (stack) => new CfnResource(stack, 'A', { type: 'AWS::SNS::Topic', properties: { TopicName: { Ref: 'Nowhere' } } }),
      /F1020|Nowhere/,
    ],
    [11, 'valkey without a word on TLS', group({ engine: 'valkey' }), /E3704|F3003|TransitEncryptionEnabled/],
    [
      15,
      'six replicas',
      group({
        engine: 'valkey',
        transitEncryptionEnabled: true,
        numNodeGroups: 1,
        replicasPerNodeGroup: 6,
        automaticFailoverEnabled: true,
      }),
      /F3034|ReplicasPerNodeGroup/,
    ],
    [
      23,
      'subnets that overlap',
      (stack) => {
        const vpcId = vpc(stack, 'Vpc');
        new ec2.CfnSubnet(stack, 'A', { vpcId, cidrBlock: '10.0.0.0/24' });
        new ec2.CfnSubnet(stack, 'B', { vpcId, cidrBlock: '10.0.0.0/25' });
      },
      /E3060|overlap/i,
    ],
    [24, 'a function that runs for too long', fn({ timeout: 901 }), /F3034|E3717|Timeout/],
    [
      24,
      "an environment variable that is Lambda's own",
      fn({ environment: { variables: { AWS_REGION: 'x' } } }),
      /E3663|AWS_REGION/,
    ],
  ])('%d: %s', (_, __, build, message) => {
    const app = new App({ context: cdkJson.context });
    build(new Stack(app, 'Test'));
    expect(() => app.synth()).toThrow(message);
  });

  test('36: a value that there is not, though only as a warning, which our check counts', () => {
    jest.spyOn(console, 'error').mockImplementation(() => {});
    const app = new App({ context: cdkJson.context });
    new CfnResource(new Stack(app, 'Test'), 'Log', { type: 'AWS::Logs::LogGroup', properties: { RetentionInDays: 17 } });
    expect(reportedBy(app.synth().directory)).toEqual([expect.stringMatching(/W3030.*17/s)]);
    jest.restoreAllMocks();
  });
});

describe('our own pack, or a public one, finds', () => {
  const broken = (stack: Stack) => new CachementChecks().validateScope(stack).violations.map(({ ruleName }) => ruleName);

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

  test('18: a group without a disabled default user', () => {
    const stack = newStack();
    new elasticache.CfnUserGroup(stack, 'Group', { engine: 'valkey', userGroupId: 'g', userIds: ['one'] });
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
});

describe('can not happen with our constructs', () => {
  test('16: an AUTH token beside users', () => {
    const { stack, network } = newNetwork();
    new SharedCache(stack, 'Shared', { network, namespace: 'shop' });
    expect(JSON.stringify(Template.fromStack(stack).toJSON())).not.toContain('AuthToken');
  });

  test('21: a proxy before a replica', () => {
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

  test('28: a log of an API without the role of the account, or before it', () => {
    const stack = newStack();
    const fn = fnIn(stack, undefined);
    new CachedApi(stack, 'Api', { routes: [routeAt('a', '/a')], reader: fn, writer: fn });
    const template = Template.fromStack(stack);
    const [account] = Object.keys(template.findResources('AWS::ApiGateway::Account'));
    template.resourceCountIs('AWS::ApiGateway::Account', 1);
    const [stage] = Object.values(template.findResources('AWS::ApiGateway::Stage'));
    expect(stage?.DependsOn).toContain(account);
  });

  test('29: a log that AWS WAF refuses by its name', () => {
    const stack = newStack();
    new Firewall(stack, 'Firewall', { scope: FirewallScope.REGIONAL });
    const [log] = Object.values(Template.fromStack(stack).findResources('AWS::Logs::LogGroup'));
    expect(log?.Properties.LogGroupName).toMatch(/^aws-waf-logs-/);
  });

  test('30: a key that a service may not use', () => {
    const stack = newStack();
    new PlatformKey(stack, 'Key');
    const text = JSON.stringify(Template.fromStack(stack).findResources('AWS::KMS::Key'));
    for (const service of ['logs.', 'cloudwatch.amazonaws.com', 'budgets.amazonaws.com']) expect(text).toContain(service);
  });

  test('32: a rotation in a network that it can not run in', () => {
    const { stack, network } = newNetwork();
    new ReplicatedDatabase(stack, 'Database', { network });
    const template = Template.fromStack(stack).toJSON();
    expect(template.Transform).toBeUndefined();
    expect(JSON.stringify(template)).not.toContain('RotationSchedule');
  });

  test('34: a group of nodes that is replaced with the number of shards', () => {
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
