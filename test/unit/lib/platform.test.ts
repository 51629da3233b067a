import { type App, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as events from 'aws-cdk-lib/aws-events';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  CachedApi,
  EdgeDistribution,
  type IReplicatedDatabase,
  PlatformNetwork,
  PurgeBus,
  ReplicatedDatabase,
  ServerlessSharedCache,
  SharedCache,
} from '../../../lib';
import { handlerIn, platformIn, product, shop } from '../../support/caching-platform';
import { routeAt } from './support';

const count = (template: Template, type: string) => Object.keys(template.findResources(type)).length;
const groupIn = (stack: Stack, id: string) => ec2.SecurityGroup.fromSecurityGroupId(stack, id, `sg-${id}`);
const secretIn = (stack: Stack, id: string) => secretsmanager.Secret.fromSecretNameV2(stack, id, id);

/** Every part of a platform as an import. */
function existing(stack: Stack) {
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'ExistingVpc', {
    vpcId: 'vpc-1',
    availabilityZones: ['a', 'b'],
    isolatedSubnetIds: ['subnet-a', 'subnet-b'],
  });
  const network = PlatformNetwork.fromPlatformNetworkAttributes({
    vpc,
    eventsEndpoint: groupIn(stack, 'events'),
    secretsEndpoint: groupIn(stack, 'secrets'),
    s3Endpoint: true,
  });
  const database: IReplicatedDatabase = ReplicatedDatabase.fromReplicatedDatabaseAttributes(stack, 'ExistingDatabase', {
    network,
    securityGroup: groupIn(stack, 'database'),
    writerAddress: 'writer.example.com',
    readerAddresses: ['reader.example.com'],
    port: 5432,
    databaseName: 'shop',
    maxConnections: 500,
    readerSecret: secretIn(stack, 'reader'),
    writerSecret: secretIn(stack, 'writer'),
    keeperSecret: secretIn(stack, 'keeper'),
    servers: [{ name: 'primary', instanceIdentifier: 'shop-1', resourceId: 'db-1' }],
  });
  const shared = SharedCache.fromSharedCacheAttributes(stack, 'ExistingShared', {
    namespace: 'shop',
    endpointAddress: 'cache.example.com',
    endpointPort: 6379,
    securityGroup: groupIn(stack, 'shared'),
    secret: secretIn(stack, 'cache'),
    network,
    replicationGroupId: 'shop',
  });
  const bus = PurgeBus.fromEventBus(stack, 'ExistingBus', events.EventBus.fromEventBusName(stack, 'Bus', 'purges'));
  const api = CachedApi.fromCachedApiAttributes(stack, 'ExistingApi', {
    restApiId: 'abc',
    restApiName: 'shop',
    stageName: 'live',
  });
  const edge = EdgeDistribution.fromEdgeDistributionAttributes(stack, 'ExistingEdge', {
    distributionId: 'E1',
    domainName: 'd1.cloudfront.net',
  });
  return { network, database, shared, bus, api, edge };
}

describe('a platform in a stack of its own', () => {
  const { stack } = shop(() => ({ monthlyBudget: 500, alarmEmail: 'shop@example.com' }));
  const template = Template.fromStack(stack);

  test.each([
    ['AWS::EC2::VPC', 1],
    ['AWS::RDS::DBInstance', 2],
    ['Custom::SchemaMigration', 1],
    ['AWS::ElastiCache::ReplicationGroup', 1],
    ['AWS::Events::EventBus', 1],
    ['AWS::ApiGateway::RestApi', 1],
    ['AWS::WAFv2::WebACL', 1],
    ['AWS::CloudFront::Distribution', 1],
    ['AWS::Lambda::EventSourceMapping', 3],
    ['AWS::CloudWatch::Dashboard', 1],
    ['AWS::Budgets::Budget', 1],
  ])('has of %s %d', (type, times) => {
    template.resourceCountIs(type, times);
  });

  test('gives a client the way to each tier, the permissions and the variables of the cache library', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Handler: 'index.handler',
      Environment: {
        Variables: {
          CACHE_NAMESPACE: 'shop',
          SHARED_ENDPOINT: Match.anyValue(),
          SHARED_SECRET_ARN: Match.anyValue(),
          DATABASE_WRITER: Match.anyValue(),
          DATABASE_READERS: Match.anyValue(),
          DATABASE_NAME: 'cachement',
          DATABASE_SECRET_ARN: Match.anyValue(),
          DATABASE_POOL_SIZE: '2',
          NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem',
          BUS_NAME: Match.absent(),
        },
      },
    });
    const policies = JSON.stringify(template.findResources('AWS::IAM::Policy'));
    expect(policies).toContain('ReaderServiceRole');
    const egress = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).map(({ Properties }) =>
      [Properties.SourceSecurityGroupId, Properties.GroupId].map((group) => JSON.stringify(group).replace(/[0-9A-F]{8}/g, '')),
    );
    const ways = egress
      .filter(([from]) => from?.includes('"ReaderSecurityGroup"'))
      .map(([, to]) => /Caching(Database|Shared|NetworkSecrets|NetworkEvents)SecurityGroup/.exec(to as string)?.[1]);
    expect(ways.sort()).toEqual(['Database', 'NetworkSecrets', 'Shared']);
  });

  test('lets only a client that writes publish', () => {
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyName: Match.stringLikeRegexp('^Writer'),
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'events:PutEvents' })]) },
    });
    const reader = Object.values(template.findResources('AWS::IAM::Policy')).find(({ Properties }) =>
      Properties.PolicyName.startsWith('Reader'),
    );
    expect(JSON.stringify(reader)).not.toContain('events:PutEvents');
  });

  test('serves a route at the edge and at the gateway', () => {
    template.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: { CacheBehaviors: [Match.objectLike({ PathPattern: '/products/*' })] },
    });
    template.hasResourceProperties('AWS::ApiGateway::Method', { HttpMethod: 'PUT', AuthorizationType: 'AWS_IAM' });
    template.hasResourceProperties('AWS::ApiGateway::Stage', {
      MethodSettings: Match.arrayWith([
        Match.objectLike({ HttpMethod: 'GET', ResourcePath: '/~1products~1{id}', CachingEnabled: true, CacheTtlInSeconds: 60 }),
      ]),
    });
  });

  test('purges by events, and drains for as long as a read may run', () => {
    template.hasResourceProperties('AWS::Events::Rule', { EventPattern: { source: ['shop.import'] } });
    // Memory keeps a value for 1 s, a function a tag's version for 1 s, and the reader may run for 5 s.
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ DRAIN_SECONDS: '7' }) },
    });
  });

  test('is watched: its clients too', () => {
    for (const MetricName of ['Evictions', 'ReplicaLag', 'CommitToFresh', 'ApproximateNumberOfMessagesVisible']) {
      template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName });
    }
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'Throttles',
      AlarmDescription: Match.stringLikeRegexp('of shop-Reader'),
    });
  });

  test('encrypts its logs and secrets by a key of its own, and keeps them', () => {
    for (const type of ['AWS::Logs::LogGroup', 'AWS::SecretsManager::Secret']) {
      const resources = Object.values(template.findResources(type));
      expect(resources.length).toBeGreaterThan(0);
      for (const { Properties, DeletionPolicy } of resources) {
        expect(Properties.KmsKeyId).toBeDefined();
        expect(DeletionPolicy).toBe('RetainExceptOnCreate');
      }
    }
    template.hasResourceProperties('AWS::RDS::DBInstance', { DeletionProtection: false });
  });

  test('is tagged, and its budget counts by the tag', () => {
    template.hasResourceProperties('AWS::ElastiCache::ReplicationGroup', {
      Tags: [{ Key: 'cachement:platform', Value: 'shop' }],
    });
    template.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: Match.objectLike({ CostFilters: { TagKeyValue: ['user:cachement:platform$shop'] } }),
    });
  });
});

test('routes are in the order that CloudFront takes them, whatever was added first', () => {
  const { stack, platform } = platformIn();
  const reader = handlerIn(stack, 'Reader');
  for (const path of ['/a', '/a/{id}', '/a/top']) platform.addRoute(routeAt(path.replace(/\W/g, ''), path), { reader });
  const [distribution] = Object.values(Template.fromStack(stack).findResources('AWS::CloudFront::Distribution'));
  const patterns = distribution?.Properties.DistributionConfig.CacheBehaviors.map(
    (behavior: { PathPattern: string }) => behavior.PathPattern,
  );
  expect(patterns).toEqual(['/a/top', '/a/*', '/a']);
});

const MADE_ELSEWHERE = {
  network: ['AWS::EC2::VPC', 'AWS::EC2::VPCEndpoint'],
  database: ['AWS::RDS::DBInstance', 'Custom::SchemaMigration'],
  shared: ['AWS::ElastiCache::ReplicationGroup', 'AWS::ElastiCache::User'],
  bus: ['AWS::Events::EventBus'],
  api: ['AWS::ApiGateway::RestApi', 'AWS::WAFv2::WebACL'],
  edge: ['AWS::CloudFront::Distribution'],
} as const;

test.each(Object.entries(MADE_ELSEWHERE))('takes %s from elsewhere, and makes none of its own', (part, types) => {
  const { stack, platform } = platformIn((own) => ({ [part]: existing(own)[part as keyof typeof MADE_ELSEWHERE] }));
  const reader = part === 'api' ? undefined : { reader: handlerIn(stack, 'Reader') };
  platform.addRoute(product, reader);
  const template = Template.fromStack(stack);
  for (const type of types) expect([type, count(template, type)]).toEqual([type, 0]);
  for (const [other, [type]] of Object.entries(MADE_ELSEWHERE)) {
    if (other !== part) expect([type, count(template, type) > 0]).toEqual([type, true]);
  }
});

test('takes everything from elsewhere, and still purges and watches it', () => {
  const { stack, platform } = platformIn(existing);
  platform.addRoute(product);
  platform.addClient(handlerIn(stack, 'Reader', platform.network.vpc), { concurrency: 10 });
  const template = Template.fromStack(stack);
  for (const type of Object.values(MADE_ELSEWHERE).flat()) expect([type, count(template, type)]).toEqual([type, 0]);
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ DISTRIBUTION_ID: 'E1', REST_API_ID: 'abc', API_STAGE_NAME: 'live' }) },
  });
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { REPLICATION_GROUP_ID: 'shop', BUS_NAME: 'purges' } },
  });
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    MetricName: 'CPUUtilization',
    Dimensions: [{ Name: 'DBInstanceIdentifier', Value: 'shop-1' }],
  });
});

test('a serverless shared tier is watched as a whole, and has no topology', () => {
  const { stack, platform } = platformIn((own) => {
    const network = new PlatformNetwork(own, 'Network');
    return { network, shared: new ServerlessSharedCache(own, 'Shared', { network, namespace: 'shop' }) };
  });
  platform.addRoute(product, { reader: handlerIn(stack, 'Reader') });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    MetricName: 'ThrottledCmds',
    Dimensions: [{ Name: 'clusterId', Value: Match.anyValue() }],
  });
  template.resourcePropertiesCountIs('AWS::CloudWatch::Alarm', { MetricName: 'EngineCPUUtilization' }, 0);
  expect(JSON.stringify(template)).not.toContain('REPLICATION_GROUP_ID');
});

test('in us-east-1 the edge has rules of its own', () => {
  const env = { account: '111111111111', region: 'us-east-1' };
  const { stack, platform } = platformIn(undefined, { env });
  platform.addRoute(product, { reader: handlerIn(stack, 'Reader') });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::WAFv2::WebACL', { Scope: 'CLOUDFRONT' });
  // One log for each of the two web ACLs, each of a name of its own.
  const logs = Object.values(template.findResources('AWS::Logs::LogGroup')).map(({ Properties }) => Properties.LogGroupName);
  const beginnings = logs.filter((name) => name !== undefined).map((name) => name['Fn::Join'][1][0]);
  expect(beginnings).toEqual([expect.stringMatching(/^aws-waf-logs-shop-/), expect.stringMatching(/^aws-waf-logs-shop-/)]);
  expect(new Set(beginnings).size).toBe(2);
});

test("with DESTROY nothing is left behind but the account's role for the logs of API Gateway, which other stacks use too", () => {
  const { stack, platform } = platformIn(() => ({ removalPolicy: RemovalPolicy.DESTROY }));
  platform.addRoute(product, { reader: handlerIn(stack, 'Reader') });
  const kept = Object.entries(Template.fromStack(stack).toJSON().Resources as Record<string, { DeletionPolicy?: string }>);
  expect(kept.filter(([, { DeletionPolicy }]) => DeletionPolicy?.startsWith('Retain')).map(([id]) => id)).toEqual([
    expect.stringContaining('CloudWatchRole'),
    expect.stringContaining('ApiAccount'),
  ]);
});

describe('fails when', () => {
  test('a client is in another stack, which would need the one of the platform, and it the other', () => {
    const { stack, platform } = platformIn();
    const handler = handlerIn(new Stack(stack.node.root as App, 'functions'), 'Handler', platform.network.vpc);
    expect(() => platform.addClient(handler, { concurrency: 1 })).toThrow(
      /'client' must be in the stack of the platform.*got: 'functions\/Handler'; make it there, or give it the tiers by 'addCacheClient'/,
    );
  });

  test('there is no route', () => {
    const { stack } = platformIn();
    expect(() => Template.fromStack(stack)).toThrow(
      "'routes' must be one or more, got: 0; declare what is served with 'addRoute'",
    );
  });

  test('nobody answers a route', () => {
    expect(() => platformIn().platform.addRoute(product)).toThrow(
      "caching platform: 'options' must name the 'reader' of route 'product', got: undefined; name the function that answers it",
    );
  });

  test('a route of an API that was made elsewhere is to be answered here', () => {
    const { stack, platform } = platformIn(existing);
    expect(() => platform.addRoute(product, { reader: handlerIn(stack, 'Reader') })).toThrow(
      "caching platform: 'options' must be left out for route 'product', since 'api' was made elsewhere and answers it there, got: a reader; leave it out",
    );
  });

  test('two routes answer the same requests', () => {
    const { stack, platform } = platformIn();
    const reader = handlerIn(stack, 'Reader');
    platform.addRoute(product, { reader });
    expect(() => platform.addRoute(routeAt('other', '/products/{name}'), { reader })).toThrow(
      "got: '/products/{name}' of 'other' beside '/products/{id}' of 'product'; change one of them",
    );
  });

  test('a client is outside of the network', () => {
    const { stack, platform } = platformIn();
    expect(() => platform.addClient(handlerIn(stack, 'Reader'), { concurrency: 1 })).toThrow(
      "client 'Reader': 'vpc' must be that of the tiers, which nothing outside of their network reaches, got: undefined; give the function the network's 'vpc' and its isolated subnets",
    );
  });

  test('a client does not say how many environments it may have', () => {
    const { stack, platform } = platformIn();
    const { vpc } = platform.network;
    expect(() => platform.addClient(handlerIn(stack, 'Reader', vpc))).toThrow(
      "client 'Reader': 'concurrency' must be given where the function reserves none",
    );
    expect(() => platform.addClient(handlerIn(stack, 'Zero', vpc), { concurrency: 0 })).toThrow(
      "'concurrency' must be a whole number of at least 1, got: 0; set it",
    );
    expect(() => platform.addClient(handlerIn(stack, 'Reserving', vpc, { reservedConcurrentExecutions: 5 }))).not.toThrow();
  });

  test('the pools of its clients are more than the database takes, counting each client once', () => {
    const { stack, platform, reader } = shop();
    platform.addClient(reader, { concurrency: 40, poolSize: 5 });
    expect(() => Template.fromStack(stack)).toThrow(/got: \d+ \(.*Reader 40 x 5.*\); lower a concurrency/);
  });

  test('its data is to have a final snapshot, which logs and secrets have not', () => {
    expect(() => platformIn(() => ({ removalPolicy: RemovalPolicy.SNAPSHOT }))).toThrow(
      "caching platform: 'removalPolicy' must be RETAIN or DESTROY, since logs and secrets have no snapshots, got: 'snapshot'",
    );
  });

  test('a route that the edge keeps is to need a key', () => {
    const { stack, platform } = platformIn();
    expect(() => platform.addRoute(product, { reader: handlerIn(stack, 'Reader'), apiKeyRequired: true })).toThrow(
      "'apiKeyRequired' must be false for route 'product', which the edge keeps and answers without a key, got: true; set its 'edgeTtlSeconds' to 0, or 'apiKeyRequired' to false",
    );
  });
});
