import type { Json, StackArtifact } from '../../deploy/assembly';

/** One change of a template that deploys, and the rule that must find it. */
export interface Mutation {
  readonly name: string;
  readonly rule: string;
  change(stacks: StackArtifact[]): void;
}

/** The first resource of a type that fits; every mutation must find one. */
function find(stacks: StackArtifact[], type: string, fits: (resource: Json, id: string) => boolean = () => true): Json {
  for (const { template } of stacks) {
    for (const [id, resource] of Object.entries(template.Resources as Record<string, Json>)) {
      if (resource.Type === type && fits(resource, id)) return resource;
    }
  }
  throw new Error(`there is no ${type} to change`);
}

/** The stack that has a type. */
function stackOf(stacks: StackArtifact[], type: string): StackArtifact {
  const stack = stacks.find(({ template }) => Object.values(template.Resources).some((resource) => resource.Type === type));
  if (!stack) throw new Error(`no stack has ${type}`);
  return stack;
}

const property = (rule: string, type: string, name: string, value: Json, fits?: (resource: Json) => boolean): Mutation => ({
  name: `${type} with ${name} ${JSON.stringify(value)}${fits?.name ? ` (${fits.name})` : ''}`,
  rule,
  change: (stacks) => {
    const resource = find(stacks, type, fits);
    resource.Properties ??= {};
    const parts = name.split('.');
    const last = parts.pop() as string;
    let at = resource.Properties;
    for (const part of parts) {
      at[part] ??= {};
      at = at[part];
    }
    if (value === undefined) delete at[last];
    else at[last] = value;
  },
});

const policy = (
  rule: string,
  type: string,
  DeletionPolicy: string,
  fits?: (resource: Json, id: string) => boolean,
): Mutation => ({
  name: `${type} with DeletionPolicy ${DeletionPolicy}${fits?.name ? ` (${fits.name})` : ''}`,
  rule,
  change: (stacks) => {
    find(stacks, type, fits).DeletionPolicy = DeletionPolicy;
  },
});

/** Takes away the statement that lets a service in. */
const statement = (type: string, service: string): Mutation => ({
  name: `${type} that doesn't let ${service} in`,
  rule: 'delivery-denied',
  change: (stacks) => {
    for (const { template } of stacks) {
      for (const resource of Object.values(template.Resources as Record<string, Json>)) {
        const document = resource.Properties?.PolicyDocument ?? resource.Properties?.KeyPolicy;
        if (resource.Type !== type || !document) continue;
        document.Statement = document.Statement.filter(({ Principal }: Json) => Principal?.Service !== service);
      }
    }
  },
});

const permission = (principal: string): Mutation => ({
  name: `no permission of ${principal}`,
  rule: 'delivery-denied',
  change: (stacks) => {
    for (const stack of stacks) {
      const resources = stack.template.Resources as Record<string, Json>;
      for (const [id, { Type, Properties }] of Object.entries(resources)) {
        if (Type === 'AWS::Lambda::Permission' && Properties.Principal === principal) delete resources[id];
      }
    }
  },
});

/** Takes away what a custom resource depends on. */
const dependency = (pattern: RegExp): Mutation => ({
  name: `a migration that doesn't depend on ${pattern.source}`,
  rule: 'custom-resource-answer',
  change: (stacks) => {
    const migration = find(stacks, 'Custom::SchemaMigration');
    const before = migration.DependsOn.length;
    migration.DependsOn = migration.DependsOn.filter((id: string) => !pattern.test(id));
    if (migration.DependsOn.length === before) throw new Error(`the migration depends on nothing like ${pattern.source}`);
  },
});

const copies = (rule: string, type: string, count: number, named: (copy: Json, index: number) => void = () => {}): Mutation => ({
  name: `${count} more of ${type}`,
  rule,
  change: (stacks) => {
    const one = find(stacks, type);
    const { template } = stackOf(stacks, type);
    for (let index = 0; index < count; index++) {
      const copy = structuredClone(one);
      named(copy, index);
      (template.Resources as Record<string, Json>)[`Copy${index}`] = copy;
    }
  },
});

const isPrimary = ({ Properties }: Json): boolean => Properties.SourceDBInstanceIdentifier === undefined;
const isReplica = ({ Properties }: Json): boolean => Properties.SourceDBInstanceIdentifier !== undefined;
const isOfDatabase = (_: Json, id: string): boolean => /Database(SecurityGroup|MonitoringRole)/.test(id);
const isOfShared = (_: Json, id: string): boolean => /SharedSecurityGroup/.test(id);
const isInterface = ({ Properties }: Json): boolean => Properties.VpcEndpointType === 'Interface';
const isMock = ({ Properties }: Json): boolean => Properties.Integration?.Type === 'MOCK';
const isKeyed = ({ Properties }: Json): boolean => Properties.Integration?.CacheKeyParameters?.length > 0;
const isScheduled = ({ Properties }: Json): boolean => Properties.ScheduleExpression !== undefined;

const GROUP = 'AWS::ElastiCache::ReplicationGroup';
const INSTANCE = 'AWS::RDS::DBInstance';

export const MUTATIONS: readonly Mutation[] = [
  // What a service lets in.
  statement('AWS::SNS::TopicPolicy', 'cloudwatch.amazonaws.com'),
  statement('AWS::SNS::TopicPolicy', 'budgets.amazonaws.com'),
  statement('AWS::SQS::QueuePolicy', 'events.amazonaws.com'),
  statement('AWS::KMS::Key', 'cloudwatch.amazonaws.com'),
  statement('AWS::KMS::Key', 'budgets.amazonaws.com'),
  permission('apigateway.amazonaws.com'),
  permission('events.amazonaws.com'),
  permission('sns.amazonaws.com'),
  // What a custom resource needs to answer.
  dependency(/S3/),
  dependency(/VpcSecrets/),
  dependency(/SecretsSecurityGroupfrom/),
  dependency(/DatabaseSecurityGroupfrom/),
  dependency(/MigrationFunctionSecurityGroup.*to/),
  // What a failed create, or a deletion, leaves.
  policy('left-after-failed-create', INSTANCE, 'Retain', isPrimary),
  policy('left-after-failed-create', INSTANCE, 'Retain', isReplica),
  policy('left-after-failed-create', GROUP, 'Retain'),
  policy('left-after-failed-create', 'AWS::KMS::Key', 'Retain'),
  policy('left-after-failed-create', 'AWS::SecretsManager::Secret', 'Retain'),
  policy('delete-blocked', 'AWS::EC2::VPC', 'Delete'),
  policy('delete-blocked', 'AWS::EC2::Subnet', 'Delete'),
  policy('delete-blocked', 'AWS::EC2::SecurityGroup', 'Delete', isOfDatabase),
  policy('delete-blocked', 'AWS::EC2::SecurityGroup', 'Delete', isOfShared),
  policy('delete-blocked', 'AWS::RDS::DBSubnetGroup', 'Delete'),
  policy('delete-blocked', 'AWS::RDS::DBParameterGroup', 'Delete'),
  policy('delete-blocked', 'AWS::ElastiCache::SubnetGroup', 'Delete'),
  policy('delete-blocked', 'AWS::ElastiCache::ParameterGroup', 'Delete'),
  policy('delete-blocked', 'AWS::ElastiCache::UserGroup', 'Delete'),
  policy('delete-blocked', 'AWS::ElastiCache::User', 'Delete'),
  property('rollback-blocked', INSTANCE, 'DeletionProtection', true, isPrimary),
  property('rollback-blocked', INSTANCE, 'DeletionProtection', true, isReplica),
  policy('no-final-snapshot-of-a-replica', INSTANCE, 'Snapshot', isReplica),
  policy('schema', 'AWS::SecretsManager::Secret', 'Snapshot'),
  property('restored-from-snapshot', INSTANCE, 'DBSnapshotIdentifier', 'shop', isPrimary),
  // What an endpoint lets through.
  {
    name: 'a function that may rotate a secret, past an endpoint that only lets it read',
    rule: 'endpoint-denied',
    change: (stacks) => {
      const isReading = ({ Action }: Json): boolean => Action === 'secretsmanager:GetSecretValue';
      const { PolicyDocument } = find(stacks, 'AWS::IAM::Policy', ({ Properties }) =>
        Properties.PolicyDocument.Statement.some(isReading),
      ).Properties;
      PolicyDocument.Statement.find(isReading).Action = ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'];
    },
  },
  {
    name: 'an endpoint of EventBridge for another bus',
    rule: 'endpoint-denied',
    change: (stacks) => {
      const endpoint = find(stacks, 'AWS::EC2::VPCEndpoint', ({ Properties }) => JSON.stringify(Properties).includes('.events'));
      endpoint.Properties.PolicyDocument.Statement[0].Action = 'events:DescribeEventBus';
    },
  },
  // Names.
  {
    name: 'a retained log group of a fixed name',
    rule: 'name-left-behind',
    change: (stacks) => {
      const group = find(stacks, 'AWS::Logs::LogGroup');
      group.Properties.LogGroupName = 'fixed';
      group.DeletionPolicy = 'Retain';
    },
  },
  copies('name-taken', 'AWS::ElastiCache::UserGroup', 2, (copy) => {
    copy.Properties.UserGroupId = 'same';
  }),
  copies('name-taken', 'AWS::SQS::Queue', 2, (copy) => {
    copy.Properties.QueueName = 'same';
  }),
  copies('name-taken', 'AWS::CloudFront::OriginRequestPolicy', 1),
  // Quotas.
  copies('quota-cache-policies', 'AWS::CloudFront::CachePolicy', 21, (copy, index) => {
    copy.Properties.CachePolicyConfig.Name = `policy-${index}`;
  }),
  copies('quota-response-headers-policies', 'AWS::CloudFront::ResponseHeadersPolicy', 20, (copy, index) => {
    copy.Properties.ResponseHeadersPolicyConfig.Name = `headers-${index}`;
  }),
  copies('quota-vpcs', 'AWS::EC2::VPC', 5),
  copies('quota-template', 'AWS::SNS::Topic', 450),
  copies('quota-api-resources', 'AWS::ApiGateway::Resource', 300),
  // Values that a service refuses, or pairs of them.
  property('valkey-user-without-password', 'AWS::ElastiCache::User', 'AuthenticationMode', { Type: 'no-password-required' }),
  property('iam-user-id-is-name', 'AWS::ElastiCache::User', 'AuthenticationMode', { Type: 'iam' }, ({ Properties }) => {
    Properties.UserName = 'other';
    return true;
  }),
  property('user-passwords', 'AWS::ElastiCache::User', 'AuthenticationMode', { Type: 'password', Passwords: ['a', 'b', 'c'] }),
  property('redis-group-needs-default-user', 'AWS::ElastiCache::UserGroup', 'Engine', 'redis'),
  property('data-tiering-of-r6gd', GROUP, 'CacheNodeType', 'cache.r6gd.xlarge'),
  property('data-tiering-of-r6gd', GROUP, 'DataTieringEnabled', true),
  property('multi-az-needs-replicas', GROUP, 'ReplicasPerNodeGroup', 0),
  property('multi-az-needs-replicas', GROUP, 'AutomaticFailoverEnabled', false),
  property('users-need-tls', GROUP, 'TransitEncryptionEnabled', false),
  property('users-need-tls', GROUP, 'AuthToken', 'token'),
  property('parameter-group-of-engine', 'AWS::ElastiCache::ParameterGroup', 'CacheParameterGroupFamily', 'valkey7'),
  property('parameter-group-of-engine', GROUP, 'EngineVersion', '9.0'),
  property('durability-needs', GROUP, 'Durability', 'sync'),
  property('replica-follows-primary-version', INSTANCE, 'EngineVersion', '17.5', isReplica),
  property('replica-needs-backups', INSTANCE, 'BackupRetentionPeriod', 0, isPrimary),
  property('monitoring-needs-role', INSTANCE, 'MonitoringRoleArn', undefined, isPrimary),
  property('storage-below-gp3-throughput', INSTANCE, 'Iops', 3000, isPrimary),
  property('function-limits', 'AWS::Lambda::Function', 'Timeout', 1000),
  property('function-limits', 'AWS::Lambda::Function', 'MemorySize', 64),
  property('queue-visibility', 'AWS::SQS::Queue', 'VisibilityTimeout', 1, ({ Properties }) => Properties.VisibilityTimeout > 0),
  property('rule-targets', 'AWS::Events::Rule', 'ScheduleExpression', undefined, isScheduled),
  property('rule-targets', 'AWS::Events::Rule', 'EventBusName', 'own', isScheduled),
  property('stage-cache', 'AWS::ApiGateway::Stage', 'CacheClusterSize', '2'),
  property('stage-cache', 'AWS::ApiGateway::Stage', 'MethodSettings', [
    { HttpMethod: 'GET', ResourcePath: '/', CacheTtlInSeconds: 7200 },
  ]),
  property('method-declared', 'AWS::ApiGateway::Method', 'Integration.Type', 'AWS_PROXY', isMock),
  property('method-declared', 'AWS::ApiGateway::Method', 'Integration.TimeoutInMillis', 60_000),
  property('authorized-behind-a-cache', 'AWS::ApiGateway::Method', 'AuthorizationType', 'AWS_IAM', isKeyed),
  property('cache-key-parameters-declared', 'AWS::ApiGateway::Method', 'RequestParameters', {}, isKeyed),
  property('behavior-ttls', 'AWS::CloudFront::CachePolicy', 'CachePolicyConfig.MinTTL', 100_000),
  property('distribution-log-bucket', 'AWS::S3::Bucket', 'OwnershipControls', undefined),
  property('distribution-certificate', 'AWS::CloudFront::Distribution', 'DistributionConfig.Aliases', ['www.example.com']),
  property('distribution-tags', 'AWS::CloudFront::Distribution', 'DistributionConfig.CacheTagConfig', {}),
  property('behavior-methods', 'AWS::CloudFront::Distribution', 'DistributionConfig.DefaultCacheBehavior.AllowedMethods', [
    'GET',
    'PUT',
  ]),
  property('firewall-scope-region', 'AWS::WAFv2::WebACL', 'Scope', 'CLOUDFRONT'),
  property(
    'firewall-log-name',
    'AWS::Logs::LogGroup',
    'LogGroupName',
    'blocked',
    ({ Properties }) => Properties.LogGroupName !== undefined,
  ),
  property('log-retention', 'AWS::Logs::LogGroup', 'RetentionInDays', 31),
  property('alarm-period', 'AWS::CloudWatch::Alarm', 'DatapointsToAlarm', 100),
  property('alarm-period', 'AWS::CloudWatch::Alarm', 'Period', 61),
  property('endpoint-gateway-routes', 'AWS::EC2::VPCEndpoint', 'SubnetIds', [], isInterface),
  property('subnet-groups-in-two-zones', 'AWS::EC2::Subnet', 'AvailabilityZone', { 'Fn::Select': [1, { 'Fn::GetAZs': '' }] }),
  // What the registry says of a type.
  property('schema', GROUP, 'Engin', 'valkey'),
  property('schema', GROUP, 'Durability', 'always'),
  property('schema', 'AWS::ElastiCache::UserGroup', 'UserIds', undefined),
  property('schema', 'AWS::ElastiCache::UserGroup', 'Engine', 'memcached'),
  property('schema', 'AWS::Lambda::Function', 'Timeout', 'long'),
  property('schema', 'AWS::CloudFront::Distribution', 'DistributionConfig.Enabld', true),
];
