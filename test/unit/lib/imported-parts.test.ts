import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import {
  CacheAuthentication,
  CachedApi,
  CacheMonitoring,
  DatabaseRole,
  EdgeDistribution,
  Firewall,
  type IPlatformNetwork,
  PlatformNetwork,
  PurgeBus,
  ReplicatedDatabase,
  ServerlessSharedCache,
  SharedCache,
  TopologyReporter,
} from '../../../lib';
import { handlerIn } from '../../support/caching-platform';
import { newNetwork, newStack, routeAt } from './support';

/** Permissions of a role after a grant: action and resource. */
function granted(act: (role: iam.Role, stack: Stack, network: IPlatformNetwork) => unknown): string[] {
  const { stack, network } = newNetwork();
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
  act(role, stack, network);
  const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  const statements = policies
    .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes('"Role'))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  return statements.flatMap(({ Action, Resource }) =>
    [Action].flat().flatMap((action) => [Resource].flat().map((resource) => `${action} ${textOf(resource)}`)),
  );
}

/** A resource without its hashes, references in angle brackets. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, argument]] = Object.entries(value as Record<string, unknown>) as [[string, unknown]];
  if (name === 'Fn::Join') return (argument as [string, unknown[]])[1].map(textOf).join('');
  if (name === 'Fn::GetAtt') return `<${(argument as string[])[0]?.replace(/[0-9A-F]{8}$/, '')}.${(argument as string[])[1]}>`;
  return `<${String(argument).replace(/[0-9A-F]{8}$/, '')}>`;
}

const networkIn = (stack: Stack) =>
  PlatformNetwork.fromPlatformNetworkAttributes({
    vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['a', 'b'],
      isolatedSubnetIds: ['subnet-a', 'subnet-b'],
    }),
    secretsEndpoint: ec2.SecurityGroup.fromSecurityGroupId(stack, 'Secrets', 'sg-secrets'),
  });
const group = (stack: Stack) => ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1');
const secret = (stack: Stack, id = 'Imported') =>
  secretsmanager.Secret.fromSecretAttributes(stack, id, {
    secretCompleteArn: `arn:aws:secretsmanager:eu-west-1:111111111111:secret:${id}-abcdef`,
    encryptionKey: kms.Key.fromKeyArn(stack, `${id}Key`, 'arn:aws:kms:eu-west-1:111111111111:key/1'),
  });

const sharedAttributes = { namespace: 'shop', endpointAddress: 'cache.example.com', endpointPort: 6379 };
const databaseIn = (stack: Stack, more = {}) =>
  ReplicatedDatabase.fromReplicatedDatabaseAttributes(stack, 'Database', {
    network: networkIn(stack),
    securityGroup: group(stack),
    writerAddress: 'w.example.com',
    readerAddresses: ['r1.example.com', 'r2.example.com'],
    port: 5432,
    databaseName: 'shop',
    maxConnections: 100,
    readerSecret: secret(stack, 'Reader'),
    writerSecret: secret(stack, 'Writer'),
    keeperSecret: secret(stack, 'Keeper'),
    ...more,
  });
const servers = [
  { name: 'primary', instanceIdentifier: 'shop-1', resourceId: 'db-1' },
  { name: 'replica 1', instanceIdentifier: 'shop-2', resourceId: 'db-2' },
];
const apiIn = (stack: Stack) =>
  CachedApi.fromCachedApiAttributes(stack, 'Api', { restApiId: 'abc', restApiName: 'shop', stageName: 'live' });
const edgeIn = (stack: Stack) =>
  EdgeDistribution.fromEdgeDistributionAttributes(stack, 'Edge', { distributionId: 'E1', domainName: 'd1.cloudfront.net' });
const REGIONAL = '<AWS::Region>:<AWS::AccountId>';

describe('a grant allows what it says, and nothing else', () => {
  test.each<[string, (role: iam.Role, stack: Stack) => unknown, string[]]>([
    [
      'to flush the stage cache of an API from elsewhere',
      (role, stack) => apiIn(stack).grants.flush(role),
      ['apigateway:DELETE arn:<AWS::Partition>:apigateway:<AWS::Region>::/restapis/abc/stages/live/cache/data'],
    ],
    [
      'to write by an API from elsewhere',
      (role, stack) => apiIn(stack).grants.invoke(role, 'PATCH', '/places/*'),
      [`execute-api:Invoke arn:<AWS::Partition>:execute-api:${REGIONAL}:abc/live/PATCH/places/*`],
    ],
    [
      'to purge a distribution from elsewhere',
      (role, stack) => edgeIn(stack).grants.purge(role),
      ['cloudfront:CreateInvalidation', 'cloudfront:GetInvalidation'].map(
        (action) => `${action} arn:<AWS::Partition>:cloudfront::<AWS::AccountId>:distribution/E1`,
      ),
    ],
    [
      'to sign in to a database from elsewhere, on each server',
      (role, stack) => databaseIn(stack, { servers }).grants.connect(role, 'report'),
      ['db-1', 'db-2'].map((id) => `rds-db:connect arn:<AWS::Partition>:rds-db:${REGIONAL}:dbuser:${id}/report`),
    ],
    [
      'to read the password of a role, which is encrypted',
      (role, stack) => databaseIn(stack).grants.readSecret(role, DatabaseRole.READER),
      [
        'secretsmanager:GetSecretValue arn:aws:secretsmanager:eu-west-1:111111111111:secret:Reader-abcdef',
        'kms:Decrypt arn:aws:kms:eu-west-1:111111111111:key/1',
      ],
    ],
    [
      'to sign in to a shared tier from elsewhere by IAM',
      (role, stack) =>
        SharedCache.fromSharedCacheAttributes(stack, 'Shared', {
          ...sharedAttributes,
          securityGroup: group(stack),
          replicationGroupId: 'shop',
          userId: 'shop-client',
        }).grants.connect(role),
      ['replicationgroup:shop', 'user:shop-client'].map(
        (name) => `elasticache:Connect arn:<AWS::Partition>:elasticache:${REGIONAL}:${name}`,
      ),
    ],
    [
      'to sign in to a serverless cache from elsewhere by IAM',
      (role, stack) =>
        ServerlessSharedCache.fromServerlessSharedCacheAttributes(stack, 'Shared', {
          namespace: 'shop',
          serverlessCacheName: 'shop',
          endpointAddress: 'shop.example.com',
          securityGroup: group(stack),
          userId: 'shop-client',
        }).grants.connect(role),
      ['serverlesscache:shop', 'user:shop-client'].map(
        (name) => `elasticache:Connect arn:<AWS::Partition>:elasticache:${REGIONAL}:${name}`,
      ),
    ],
    [
      'to read the password of a shared tier from elsewhere',
      (role, stack) =>
        SharedCache.fromSharedCacheAttributes(stack, 'Shared', {
          ...sharedAttributes,
          securityGroup: group(stack),
          secret: secret(stack),
        }).grants.readSecret(role),
      [
        'secretsmanager:GetSecretValue arn:aws:secretsmanager:eu-west-1:111111111111:secret:Imported-abcdef',
        'kms:Decrypt arn:aws:kms:eu-west-1:111111111111:key/1',
      ],
    ],
  ])('%s', (_, act, expected) => {
    expect(granted(act).sort()).toEqual([...expected].sort());
  });

  test('to sign in to a database of its own, each server by its own id', () => {
    const allowed = granted((role, stack, network) =>
      new ReplicatedDatabase(stack, 'Database', { network, replicas: 1 }).grants.connect(role, 'report'),
    );
    expect(allowed).toEqual(
      ['Primary', 'Replica1'].map(
        (id) => `rds-db:connect arn:<AWS::Partition>:rds-db:${REGIONAL}:dbuser:<Database${id}.DbiResourceId>/report`,
      ),
    );
  });
});

describe('a metric is of what CloudWatch calls it', () => {
  const { stack, network } = newNetwork();
  const serverless = new ServerlessSharedCache(stack, 'Serverless', { network, namespace: 'less' });
  const group6 = new SharedCache(stack, 'Shared', { network, namespace: 'shop' });
  const database = new ReplicatedDatabase(stack, 'Database', { network });

  test.each([
    ['a node', () => group6.metric('Evictions', group6.nodes[0]), 'AWS/ElastiCache', ['CacheClusterId']],
    ['a serverless cache', () => serverless.metric('Evictions'), 'AWS/ElastiCache', ['clusterId']],
    ['a server', () => database.metric('CPUUtilization', database.servers[0]!), 'AWS/RDS', ['DBInstanceIdentifier']],
    ['an API', () => apiIn(stack).metric('CacheHitCount'), 'AWS/ApiGateway', ['ApiName', 'Stage']],
    ['a distribution', () => edgeIn(stack).metric('Requests'), 'AWS/CloudFront', ['DistributionId', 'Region']],
  ])('%s', (_, metric, namespace, dimensions) => {
    const { namespace: found, dimensions: names } = metric();
    expect([found, Object.keys(names ?? {})]).toEqual([namespace, dimensions]);
  });

  test("a distribution's are in us-east-1", () => {
    expect(
      EdgeDistribution.fromEdgeDistributionAttributes(newStack(), 'Edge', { distributionId: 'E', domainName: 'd' }).metric(
        'Requests',
      ).region,
    ).toBe('us-east-1');
  });
});

test('alarms go to a topic that there is already', () => {
  const stack = newStack();
  const topic = sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-west-1:111111111111:alarms');
  const monitoring = new CacheMonitoring(stack, 'Monitoring', { topic });
  monitoring.watchDatabase(databaseIn(stack, { servers }));
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::SNS::Topic', 0);
  template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: ['arn:aws:sns:eu-west-1:111111111111:alarms'] });
});

test('rules from elsewhere stand before an API', () => {
  const stack = newStack();
  const fn = handlerIn(stack, 'Reader');
  const firewall = Firewall.fromWebAclArn(stack, 'Firewall', 'arn:aws:wafv2:eu-west-1:111111111111:regional/webacl/shop/1');
  new CachedApi(stack, 'Api', { firewall }).addRoute(routeAt('a', '/a'), { reader: fn });
  Template.fromStack(stack).hasResourceProperties('AWS::WAFv2::WebACLAssociation', {
    WebACLArn: 'arn:aws:wafv2:eu-west-1:111111111111:regional/webacl/shop/1',
  });
});

test('a client with a key of its own may ask as often as its plan says', () => {
  const stack = newStack();
  const api = new CachedApi(stack, 'Api');
  api.addRoute(routeAt('a', '/a'), { reader: handlerIn(stack, 'Reader'), apiKeyRequired: true });
  api.addPlan('Partner', { requestsPerSecond: 50, requestsPerMonth: 1_000_000 });
  const template = Template.fromStack(stack);
  template.hasResourceProperties('AWS::ApiGateway::UsagePlan', {
    Throttle: { RateLimit: 50, BurstLimit: 100 },
    Quota: { Limit: 1_000_000, Period: 'MONTH' },
  });
  template.resourceCountIs('AWS::ApiGateway::ApiKey', 1);
  template.resourceCountIs('AWS::ApiGateway::UsagePlanKey', 1);
  for (const HttpMethod of ['GET', 'HEAD']) {
    template.hasResourceProperties('AWS::ApiGateway::Method', { HttpMethod, ApiKeyRequired: true });
  }
});

describe('fails when', () => {
  test.each<[string, () => unknown, string]>([
    [
      'a plan allows nothing',
      () => new CachedApi(newStack(), 'Api').addPlan('Partner', { requestsPerSecond: 0 }),
      "cached api: 'requestsPerSecond' of plan 'Partner' must be a whole number of 1 to 10000, got: 0; choose one in between",
    ],
    [
      'there are routes and nobody who answers them',
      () => new CachedApi(newStack(), 'Api', { routes: [routeAt('a', '/a')] }),
      "cached api: 'reader' must be given with 'routes', got: undefined; name the function that answers them",
    ],
    [
      'a metric is of no node',
      () => {
        const { stack, network } = newNetwork();
        new SharedCache(stack, 'Shared', { network, namespace: 'shop' }).metric('Evictions');
      },
      "shared cache: 'node' must be given for metric 'Evictions', since ElastiCache measures each node by itself, got: undefined; take one of 'nodes'",
    ],
    [
      "servers from elsewhere aren't named and somebody is to sign in by IAM",
      () => granted((role, stack) => databaseIn(stack).grants.connect(role, 'report')),
      "database: 'servers' must have a 'resourceId' each for 'grants.connect', got: 0 of 0; name them when it is imported",
    ],
    [
      'the topology of what is no replication group is to be reported',
      () => {
        const { stack, network } = newNetwork();
        const shared = new ServerlessSharedCache(stack, 'Shared', { network, namespace: 'shop' });
        new TopologyReporter(stack, 'Topology', { shared, bus: new PurgeBus(stack, 'Bus') });
      },
      "topology reporter: 'shared' must be a replication group whose id is known, got: undefined; name 'replicationGroupId' when it is imported",
    ],
    [
      'a password is to be read where clients sign in by IAM',
      () =>
        granted((role, stack, network) =>
          new SharedCache(stack, 'Shared', {
            network,
            namespace: 'shop',
            authentication: CacheAuthentication.IAM,
          }).grants.readSecret(role),
        ),
      "shared cache: 'authentication' must be CacheAuthentication.PASSWORD for 'grants.readSecret', got: IAM; use 'grants.connect'",
    ],
    [
      'a serverless cache from elsewhere names no user to sign in as',
      () =>
        granted((role, stack) =>
          ServerlessSharedCache.fromServerlessSharedCacheAttributes(stack, 'Shared', {
            namespace: 'shop',
            serverlessCacheName: 'shop',
            endpointAddress: 'shop.example.com',
            securityGroup: group(stack),
          }).grants.connect(role),
        ),
      "imported serverless cache: 'userId' must be given for 'grants.connect', got: undefined; name it when it is imported",
    ],
  ])('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
