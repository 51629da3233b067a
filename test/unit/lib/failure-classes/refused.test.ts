import { Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import { DatabaseRole } from '../../../../lib/database/database-role';
import { ReplicatedDatabase } from '../../../../lib/database/replicated-database';
import { PlatformNetwork } from '../../../../lib/network/platform-network';
import { CacheBudget } from '../../../../lib/operations/cache-budget';
import { CacheMonitoring } from '../../../../lib/operations/cache-monitoring';
import { Firewall, FirewallScope } from '../../../../lib/operations/firewall';
import { PurgeBus } from '../../../../lib/purge/purge-bus';
import { CacheAuthentication } from '../../../../lib/shared/cache-access';
import { CacheEngine } from '../../../../lib/shared/cache-engine';
import { GlobalDatastore } from '../../../../lib/shared/global-datastore';
import { ServerlessSharedCache } from '../../../../lib/shared/serverless-shared-cache';
import { SharedCache } from '../../../../lib/shared/shared-cache';
import { defineStage, stageConfig } from '../../../../lib/stacks/stage';
import { newNetwork, newStack } from '../support';
import { ACCOUNT, database, edgeWith, fnIn, HERE, importedNetwork, shared, unvalidated } from './scenes';

/** A network with one zone, and constructs for it. */
function inOneZone(): [Stack, string, { network: PlatformNetwork; namespace: string }] {
  const stack = newStack();
  return [
    stack,
    'Part',
    { network: new PlatformNetwork(stack, 'Network', { availabilityZones: ['eu-west-1a'] }), namespace: 'shop' },
  ];
}

/** Refused properties, by the number of their class: the construct and the message. */
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
    "'automaticFailover' must be on in cluster mode with 3 shards, got: false; turn it on, or set 'shards' to 1",
  ],
  [
    10,
    'there is Multi-AZ without failover',
    () => shared({ automaticFailover: false, multiAz: true, shards: 1 }),
    "'multiAz' needs 'automaticFailover' and a replica in another zone, got: true; turn it on, or this off",
  ],
  [
    10,
    'there is failover without a replica',
    () => shared({ replicasPerShard: 0 }),
    "'automaticFailover' needs a replica to fail over to, got: true; set 'replicasPerShard' to at least 1",
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
    "'version' must be such as '8.0', got: '99'; give major and minor",
  ],
  [
    14,
    'burstable nodes are to scale by themselves',
    () => shared({ nodeType: 'cache.t4g.medium' }).autoscaleShards({ min: 3, max: 6 }),
    "'autoscaleShards' needs nodes of size large to 2xlarge that aren't burstable, got: \"cache.t4g.medium\"; set 'nodeType' to such as 'cache.r7g.large'",
  ],
  [
    14,
    'a group without cluster mode is to scale by itself',
    () => shared({ nodeType: 'cache.r7g.large', clusterMode: false }).autoscaleReplicas({ min: 1, max: 3 }),
    "'autoscaleReplicas' needs cluster mode, got: false; set 'clusterMode' to true",
  ],
  [
    14,
    'replicas are to scale with little memory reserved',
    () => shared({ nodeType: 'cache.r7g.large', reservedMemoryPercent: 10 }).autoscaleReplicas({ min: 1, max: 3 }),
    "'reservedMemoryPercent' must be at least 25 with 'autoscaleReplicas', got: 10; raise it",
  ],
  [
    14,
    'burstable nodes are to be in a global datastore',
    () => shared({ globalDatastore: GlobalDatastore.primary('shop') }),
    "shared cache: 'nodeType' must be of size large or more, of M5, R5 or later, with 'globalDatastore', got: \"cache.t4g.small\"; set it to such as 'cache.r7g.large'",
  ],
  [
    14,
    'a member of a global datastore is to scale by itself',
    () =>
      shared({ nodeType: 'cache.r7g.large', globalDatastore: GlobalDatastore.primary('shop') }).autoscaleShards({
        min: 3,
        max: 6,
      }),
    "'autoscaleShards' can't be with 'globalDatastore', whose members scale together, got: \"a primary\"; leave one of them out",
  ],
  [
    15,
    'there are too many replicas',
    () => shared({ replicasPerShard: 6 }),
    "'replicasPerShard' must be 0 to 5, got: 6; choose one in between",
  ],
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
    "'backupRetention' must be at least one day where there are replicas, which RDS makes from a backup, got: 0; lengthen it, or set 'replicas' to 0",
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
    "imported network: 'vpc' must have subnets in two availability zones or more, got: [",
  ],
  [
    27,
    'a function publishes from a network without an endpoint of EventBridge',
    () => {
      const { stack, network } = importedNetwork();
      new PurgeBus(stack, 'Bus').addPublisher(fnIn(stack, network as PlatformNetwork), network);
    },
    "imported network: 'eventsEndpoint' must be given, got: undefined; a function in it publishes to a bus, and has no other way there: name the endpoint when it is imported, or 'egress' where the subnets have a NAT gateway",
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
    "serverless shared cache: 'maxStorageGb' must be 1 to 5000, got: 6000; choose a value in between",
  ],
  [
    22,
    'the shared tier would be in one zone',
    () => new SharedCache(...inOneZone()),
    "shared cache: 'network' must have subnets in 2 availability zones or more, got: [",
  ],
  [
    22,
    'a serverless cache would be in one zone',
    () => new ServerlessSharedCache(...inOneZone()),
    "serverless shared cache: 'network' must have subnets in 2 availability zones or more, got: [",
  ],
  [
    22,
    'the database would be in one zone of our own network',
    () => new ReplicatedDatabase(...inOneZone()),
    "replicated database: 'network' must have subnets in 2 availability zones or more, got: [",
  ],
  [
    16,
    'somebody reads the password of clients that sign in by IAM',
    () => {
      const cache = shared({ authentication: CacheAuthentication.IAM });
      cache.grants.readSecret(new iam.Role(cache, 'Role', { assumedBy: new iam.AccountRootPrincipal() }));
    },
    "shared cache: 'authentication' must be CacheAuthentication.PASSWORD for 'grants.readSecret', got: IAM; use 'grants.connect'",
  ],
  [
    27,
    'a client is not in the network of the tiers',
    () => {
      const { stack, network } = newNetwork();
      new SharedCache(stack, 'Shared', { network, namespace: 'shop' }).addClient(fnIn(stack, undefined));
    },
    "client 'Function': 'vpc' must be that of the tiers, which nothing outside of their network reaches, got: undefined; give the function",
  ],
];

/** Problems that only synthesis can show, because a resource is changed after its construction: the stack and the message. */
const SYNTHESIZED: [number, string, () => Stack, string][] = [
  [
    16,
    'the group is given an AUTH token beside its users',
    () => {
      const cache = shared({});
      cache.replicationGroup.authToken = 'not-a-secret-any-more';
      return Stack.of(cache);
    },
    "shared cache: 'replicationGroup.authToken' must be left out where there are users, who have passwords of their own, got: a token; leave it out",
  ],
  [
    21,
    'the proxy is to be read from, before an instance',
    () => {
      const db = database({ proxy: true });
      const vpc = { vpcSubnetIds: ['subnet-a', 'subnet-b'], dbProxyName: db.proxy?.dbProxyName as string };
      new rds.CfnDBProxyEndpoint(Stack.of(db), 'Reads', { ...vpc, dbProxyEndpointName: 'reads', targetRole: 'READ_ONLY' });
      return Stack.of(db);
    },
    "replicated database: 'targetRole' of test/Reads must be READ_WRITE, since a proxy reads from clusters only, got: READ_ONLY; let readers use 'readers'",
  ],
  [
    21,
    'the proxy lets clients in without TLS',
    () => {
      const db = database({ proxy: true });
      (db.proxy?.node.defaultChild as rds.CfnDBProxy).requireTls = false;
      return Stack.of(db);
    },
    "replicated database: 'proxy' must require TLS, since 'rds.force_ssl' doesn't reach what is before it, got: false; set 'requireTls' of it to true",
  ],
  [
    30,
    'the key of the alarms does not let CloudWatch use it',
    () => {
      const stack = newStack();
      new CacheMonitoring(stack, 'Monitoring', { encryptionKey: new kms.Key(stack, 'Key') });
      return stack;
    },
    "cache monitoring: 'encryptionKey' must let cloudwatch.amazonaws.com use it, or every alarm is lost, got: a policy without it; add a statement, or use the key of a PlatformKey",
  ],
  [
    32,
    'a password is rotated by a function that has no way out of the network',
    () => {
      const db = database({});
      db.secretOf(DatabaseRole.READER).addRotationSchedule('Rotation', {
        hostedRotation: secretsmanager.HostedRotation.postgreSqlSingleUser(),
      });
      return Stack.of(db);
    },
    "replicated database: 'secretOf' must be rotated by a function of the network, since a hosted one can't reach Secrets Manager from isolated subnets, got: the hosted rotation test/Database/ReaderSecret/Rotation/Resource; rotate with a 'rotationLambda' that 'network.allowSecretRotation' was called for",
  ],
  [
    33,
    'two shared tiers of a stack have users of the same names',
    () => {
      const { stack, network } = newNetwork();
      for (const id of ['One', 'Two']) new SharedCache(stack, id, { network, namespace: 'shop' });
      return stack;
    },
    "shared cache: 'namespace' must be its own in a stack, got: 'shop' for test/One and test/Two; rename one of them",
  ],
];

test.each(SYNTHESIZED)('%d: fails when %s', (_, __, build, message) => {
  expect(() => Template.fromStack(build())).toThrow(message);
});

test('30: fails when nobody can see whether the key of the alarms lets CloudWatch use it, by a warning, which our check counts', () => {
  const stack = newStack();
  const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1`);
  new CacheMonitoring(stack, 'Monitoring', { encryptionKey });
  Annotations.fromStack(stack).hasWarning(
    '/test/Monitoring',
    Match.stringLikeRegexp("'encryptionKey' was made elsewhere; its policy must let cloudwatch.amazonaws.com use it"),
  );
});

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
