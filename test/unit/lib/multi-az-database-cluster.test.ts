import { App, Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { DatabaseRole } from '../../../lib/database/database-role';
import { MultiAzDatabaseCluster, type MultiAzDatabaseClusterProps } from '../../../lib/database/multi-az-database-cluster';
import { SchemaMigration } from '../../../lib/database/schema-migration';
import { PlatformNetwork } from '../../../lib/network/platform-network';
import { CacheMonitoring } from '../../../lib/operations/cache-monitoring';
import { fnIn } from './failure-classes/scenes';
import { newNetwork, newStack } from './support';

const CLUSTER = 'AWS::RDS::DBCluster';

function cluster(props: Partial<MultiAzDatabaseClusterProps> = {}) {
  const stack = newStack();
  const network = new PlatformNetwork(stack, 'Network', { availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'] });
  const database = new MultiAzDatabaseCluster(stack, 'Database', { network, ...props });
  return { stack, network, database, template: () => Template.fromStack(stack) };
}

/** Variables of the only function of a stack that uses the database. */
const variablesOf = (template: Template) =>
  Object.values(template.findResources('AWS::Lambda::Function')).find(({ Properties }) => Properties.Environment)?.Properties
    .Environment.Variables;

test('is one cluster of PostgreSQL, encrypted, reachable by TLS on a port of its own, and not public', () => {
  const template = cluster().template();
  template.hasResourceProperties(CLUSTER, {
    Engine: 'postgres',
    EngineVersion: '17.9',
    DBClusterInstanceClass: 'db.m6gd.large',
    StorageType: 'io1',
    AllocatedStorage: 100,
    Iops: 1000,
    StorageEncrypted: true,
    PubliclyAccessible: false,
    Port: 5433,
    EnableIAMDatabaseAuthentication: true,
    MonitoringInterval: 60,
    MonitoringRoleArn: Match.anyValue(),
    DatabaseInsightsMode: 'standard',
    PerformanceInsightsEnabled: true,
    EnableCloudwatchLogsExports: ['postgresql', 'upgrade'],
    BackupRetentionPeriod: 7,
    CopyTagsToSnapshot: true,
    DeletionProtection: false,
  });
  template.hasResourceProperties('AWS::RDS::DBClusterParameterGroup', {
    Family: 'postgres17',
    Parameters: { 'rds.force_ssl': '1', shared_preload_libraries: 'pg_stat_statements', max_connections: '200' },
  });
  // RDS makes the servers, and refuses to be given one.
  template.resourceCountIs('AWS::RDS::DBInstance', 0);
});

test('outlives its stack unless told otherwise', () => {
  cluster().template().allResources(CLUSTER, { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
  cluster({ removalPolicy: RemovalPolicy.DESTROY, deletionProtection: false })
    .template()
    .hasResource(CLUSTER, { DeletionPolicy: 'Delete', Properties: { DeletionProtection: false } });
});

test('the password of no role is in the template', () => {
  const template = cluster().template();
  template.resourcePropertiesCountIs('AWS::SecretsManager::Secret', { SecretString: Match.absent() }, 4);
  template.hasResourceProperties(CLUSTER, {
    MasterUserPassword: {
      'Fn::Join': [
        '',
        Match.arrayWith([Match.stringLikeRegexp('^\\{\\{resolve:secretsmanager:$'), ':SecretString:password::}}']),
      ],
    },
  });
});

test('a function writes by one endpoint, and reads by the one of the two others', () => {
  const { stack, network, database, template } = cluster();
  database.addClient(fnIn(stack, network), { role: DatabaseRole.READER });
  const id = stack.getLogicalId(database.cluster);
  const address = (endpoint: string) => ({ 'Fn::Join': [':', [{ 'Fn::GetAtt': [id, `${endpoint}.Address`] }, '5433']] });
  expect(variablesOf(template())).toMatchObject({
    DATABASE_WRITER: address('Endpoint'),
    DATABASE_READERS: address('ReadEndpoint'),
  });
});

test('a writer goes through the proxy, and a reader does not', () => {
  const written = cluster({ proxy: true });
  written.database.addClient(fnIn(written.stack, written.network), { role: DatabaseRole.WRITER });
  const template = written.template();
  template.hasResourceProperties('AWS::RDS::DBProxy', { EngineFamily: 'POSTGRESQL', RequireTLS: true });
  template.hasResource('AWS::RDS::DBProxyTargetGroup', {
    Properties: {
      DBClusterIdentifiers: [{ Ref: written.stack.getLogicalId(written.database.cluster) }],
      DBInstanceIdentifiers: Match.absent(),
    },
    DependsOn: Match.arrayWith([written.stack.getLogicalId(written.database.cluster)]),
  });
  expect(JSON.stringify(variablesOf(template).DATABASE_WRITER)).toContain('DatabaseProxy');

  // So does the purge path, whose role the proxy has to know too.
  const kept = cluster({ proxy: true });
  kept.database.addClient(fnIn(kept.stack, kept.network), { role: DatabaseRole.KEEPER });
  expect(JSON.stringify(variablesOf(kept.template()).DATABASE_WRITER)).toContain('DatabaseProxy');
  const secrets = [DatabaseRole.WRITER, DatabaseRole.KEEPER].map((role) => kept.database.secretOf(role).secretArn);
  kept.template().hasResourceProperties('AWS::RDS::DBProxy', {
    Auth: secrets.map((arn) => Match.objectLike({ SecretArn: kept.stack.resolve(arn) })),
  });

  const read = cluster({ proxy: true });
  read.database.addClient(fnIn(read.stack, read.network), { role: DatabaseRole.READER });
  expect(JSON.stringify(variablesOf(read.template()).DATABASE_WRITER)).toContain('Endpoint.Address');
});

test('the proxy of a cluster may have an endpoint that reads, and not be without TLS', () => {
  const { database, stack, template } = cluster({ proxy: true });
  const proxy = database.proxy as rds.DatabaseProxy;
  new rds.CfnDBProxyEndpoint(stack, 'Reads', {
    dbProxyName: proxy.dbProxyName,
    dbProxyEndpointName: 'reads',
    targetRole: 'READ_ONLY',
    vpcSubnetIds: ['subnet-a', 'subnet-b'],
  });
  expect(template).not.toThrow();

  const open = cluster({ proxy: true });
  (open.database.proxy?.node.defaultChild as rds.CfnDBProxy).requireTls = false;
  expect(open.template).toThrow("multi-az database cluster: 'proxy' must require TLS");
});

test('the schema is migrated as the owner', () => {
  const { stack, network, database, template } = cluster();
  new SchemaMigration(stack, 'Migration', { network, database });
  template().hasResource('Custom::SchemaMigration', {
    DependsOn: Match.arrayWith([stack.getLogicalId(database.cluster)]),
  });
});

test('each of the three servers is watched, and the lag of each, since any may be the one that is written to', () => {
  const { stack, database, template } = cluster();
  new CacheMonitoring(stack, 'Monitoring').watchDatabase(database);
  const ids = Object.values(template().findResources('AWS::CloudWatch::Alarm', { Properties: { MetricName: 'ReplicaLag' } })).map(
    ({ Properties }) => Properties.Dimensions[0].Value,
  );
  const id = stack.getLogicalId(database.cluster);
  expect(ids).toEqual([1, 2, 3].map((number) => ({ 'Fn::Join': ['-', [{ Ref: id }, `instance-${number}`]] })));
});

test('signing in by IAM is granted on the cluster, once', () => {
  const { stack, database, template } = cluster();
  database.grants.connect(new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() }), 'report');
  template().hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: [
        {
          Action: 'rds-db:connect',
          Resource: {
            'Fn::Join': [
              '',
              Match.arrayWith([{ 'Fn::GetAtt': [stack.getLogicalId(database.cluster), 'DBClusterResourceId'] }, '/report']),
            ],
          },
        },
      ],
    },
  });
});

test('fails when the isolated subnets are in two zones', () => {
  const { stack, network } = newNetwork();
  expect(() => new MultiAzDatabaseCluster(stack, 'Database', { network })).toThrow(
    "multi-az database cluster: 'network' must have subnets in 3 availability zones or more, got: ",
  );
});

test.each([
  ['t4g.large'],
  ['m6g.large'],
  ['r7g.xlarge'],
  ['m6gd.medium'],
])("fails when the servers are of a class without a local disk, or too small: '%s'", (name) => {
  expect(() => cluster({ instanceType: new ec2.InstanceType(name) })).toThrow(
    `multi-az database cluster: 'instanceType' must have a local disk, and be of size large or more, or c6gd.medium, got: "${name}"; set it to such as 'm6gd.large'`,
  );
});

test.each([
  'c6gd.medium',
  'm5d.large',
  'm6idn.2xlarge',
  'r8gd.48xlarge',
  'x2iedn.xlarge',
])('%s is a class that it can have', (name) => {
  expect(() => cluster({ instanceType: new ec2.InstanceType(name) })).not.toThrow();
});

test.each([
  [{ allocatedStorage: Size.gibibytes(99) }, "'allocatedStorage' must be 100 to 65536 GiB, got: 99; choose a size in between"],
  [{ allocatedStorage: Size.tebibytes(65) }, "'allocatedStorage' must be 100 to 65536 GiB, got: 66560"],
  [
    { iops: 999 },
    "'iops' must be 1000 to 256000, and half to 50 times the 100 GiB of 'allocatedStorage', got: 999; change one of the two",
  ],
  [{ iops: 5001 }, "'iops' must be 1000 to 256000, and half to 50 times the 100 GiB of 'allocatedStorage', got: 5001"],
  [
    { allocatedStorage: Size.gibibytes(4000) },
    "'iops' must be 1000 to 256000, and half to 50 times the 4000 GiB of 'allocatedStorage', got: 1000",
  ],
  [{ backupRetention: Duration.days(0) }, "'backupRetention' must be 1 to 35 days, got: 0; choose a number in between"],
  [{ backupRetention: Duration.days(36) }, "'backupRetention' must be 1 to 35 days, got: 36"],
  [{ version: rds.PostgresEngineVersion.VER_16 }, '\'version\' must be PostgreSQL 17 or newer, got: "16"; take a newer one'],
])('fails when a property is out of its limits (%#)', (props, message) => {
  expect(() => cluster(props)).toThrow(`multi-az database cluster: ${message}`);
});

test('fails when the pools of all clients need more connections than a server takes', () => {
  const { stack, network, database, template } = cluster({ maxConnections: 50 });
  database.addClient(fnIn(stack, network, 'Reader', 41), { role: DatabaseRole.READER });
  expect(template).toThrow("must be at most 'maxConnections' less 10 (40), got: 41 (Reader 41 x 1)");
});

test('fails when a password is rotated by a function that has no way out of the network', () => {
  const { database, template } = cluster();
  database.secretOf(DatabaseRole.OWNER).addRotationSchedule('Rotation', {
    hostedRotation: secretsmanager.HostedRotation.postgreSqlSingleUser(),
  });
  expect(template).toThrow("multi-az database cluster: 'secretOf' must be rotated by a function of the network");
});

test('what the template says is what CloudFormation knows', () => {
  const app = new App({ context: { '@aws-cdk/core:validateAgainstDefaultRules': true } });
  const stack = new Stack(app, 'test', { env: { account: '111111111111', region: 'eu-west-1' } });
  const network = new PlatformNetwork(stack, 'Network', { availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'] });
  new MultiAzDatabaseCluster(stack, 'Database', { network, proxy: true });
  expect(() => app.synth()).not.toThrow();
});
