import { SynthesizedStage, type TemplateResource } from './synthesized';

const local = new SynthesizedStage('local');
const prod = new SynthesizedStage('prod');

/** Resources that are in one of the two stages only, with the reason. */
const ONLY_IN_LOCAL = [
  // Sample data is never loaded beside a customer's.
  'database/DatabaseSecurityGroupfromcachementSTAGEdatabaseSampleDataFunctionSecurityGroup AWS::EC2::SecurityGroupIngress',
  'database/SampleDataFunction AWS::Lambda::Function',
  'database/SampleDataFunctionLog AWS::Logs::LogGroup',
  'database/SampleDataFunctionRole AWS::IAM::Role',
  'database/SampleDataFunctionRoleDefaultPolicy AWS::IAM::Policy',
  'database/SampleDataFunctionSecurityGroup AWS::EC2::SecurityGroup',
  'database/SampleDataFunctionSecurityGroupcachementSTAGEnetworkNetworkSecretsSecurityGroupto AWS::EC2::SecurityGroupIngress',
  'database/SampleDataFunctionSecurityGrouptocachementSTAGEdatabaseDatabaseSecurityGroup AWS::EC2::SecurityGroupEgress',
  'database/SampleDataFunctionSecurityGrouptocachementSTAGEnetworkNetworkSecretsSecurityGroup AWS::EC2::SecurityGroupEgress',
  'database/SampleDataRows Custom::SampleData',
  // What empties the bucket of logs before it is deleted; prod keeps it.
  'edge/CustomS3AutoDeleteObjectsCustomResourceProviderHandler AWS::Lambda::Function',
  'edge/CustomS3AutoDeleteObjectsCustomResourceProviderRole AWS::IAM::Role',
  'edge/EdgeLogsAutoDeleteObjectsCustomResource Custom::S3AutoDeleteObjects',
];
const ONLY_IN_PROD = [
  // AWS WAF, which costs by the month, and has nothing to filter on a machine of one's own.
  'api/FirewallBeforeDeploymentStagelive AWS::WAFv2::WebACLAssociation',
  'api/FirewallLog AWS::Logs::LogGroup',
  'api/FirewallLogging AWS::WAFv2::LoggingConfiguration',
  'api/FirewallWebAcl AWS::WAFv2::WebACL',
  // A second replica.
  'database/DatabaseReplica2 AWS::RDS::DBInstance',
  'operations/MonitoringdatabaseCpureplica2 AWS::CloudWatch::Alarm',
  'operations/MonitoringdatabaseStoragereplica2 AWS::CloudWatch::Alarm',
  'operations/MonitoringreplicaLagreplica2 AWS::CloudWatch::Alarm',
  // The same of the edge, with the key of its log, where AWS WAF keeps them.
  'us-east-1/FirewallLog AWS::Logs::LogGroup',
  'us-east-1/FirewallLogging AWS::WAFv2::LoggingConfiguration',
  'us-east-1/FirewallWebAcl AWS::WAFv2::WebACL',
  'us-east-1/Key AWS::KMS::Key',
];

/** Properties that differ, by type: sizes, and what must outlive a stack. */
const DIFFERENT_PROPERTIES = [
  'AWS::ApiGateway::Method AuthorizationType',
  'AWS::ApiGateway::Stage CacheClusterSize',
  'AWS::ApiGateway::Stage MethodSettings.ThrottlingBurstLimit',
  'AWS::ApiGateway::Stage MethodSettings.ThrottlingRateLimit',
  'AWS::CloudFront::Distribution DistributionConfig.WebACLId',
  'AWS::CloudFront::Function Name',
  'AWS::CloudWatch::Dashboard DashboardBody',
  'AWS::ElastiCache::ReplicationGroup CacheNodeType',
  'AWS::ElastiCache::ReplicationGroup SnapshotRetentionLimit',
  'AWS::Lambda::Function Environment.Variables.DATABASE_READERS',
  'AWS::Lambda::Function ReservedConcurrentExecutions',
  'AWS::RDS::DBInstance BackupRetentionPeriod',
  'AWS::RDS::DBInstance DBInstanceClass',
  'AWS::RDS::DBInstance MultiAZ',
  'AWS::RDS::DBParameterGroup Parameters.max_connections',
  // The permission of what empties the bucket, and the tag that it goes by.
  'AWS::S3::Bucket Tags',
  'AWS::S3::Bucket Tags.Key',
  'AWS::S3::Bucket Tags.Value',
  'AWS::S3::BucketPolicy PolicyDocument.Statement',
  'Custom::RefreshAuthorization Settings',
];

/** Attributes beside the properties that differ. */
const DIFFERENT_ATTRIBUTES = ['DeletionPolicy', 'DependsOn', 'UpdateReplacePolicy'];

/**
 * Hash that the CDK appends to the name of a construct to make it unique; after the name of a deployment, a hash of the API too.
 */
const HASH = /[0-9A-F]{8}(?:[0-9a-f]{32})?(?![0-9A-Za-z])/g;

/** The same, anywhere in a name that contains the stack's, whose hash has the stage's name in it. */
const INNER_HASH = /[0-9A-F]{8,}/g;

/** Names that are made of the stage's, and their hashes, are different though what they stand for is the same. */
function withoutStage(stage: SynthesizedStage): Map<string, TemplateResource> {
  const normalise = (text: string): string =>
    text
      .replaceAll(`cachement-${stage.name}`, 'cachement-STAGE')
      .replaceAll(`cachement${stage.name}`, 'cachementSTAGE')
      .replace(text.includes(`cachement${stage.name}`) ? INNER_HASH : HASH, '');
  const revive = (_: string, value: unknown): unknown => {
    if (typeof value === 'string') return normalise(value);
    const isTag = (value as { Key?: unknown } | null)?.Key === 'cachement:stage';
    return isTag ? { Key: 'cachement:stage', Value: 'STAGE' } : value;
  };
  const normalised = new Map<string, TemplateResource>();
  for (const [id, resource] of stage.resources()) {
    const key = normalise(id);
    if (normalised.has(key)) throw new Error(`${id} and another resource are both ${key}`);
    normalised.set(key, JSON.parse(JSON.stringify(resource), revive));
  }
  return normalised;
}

/** Paths of the leaves that two values don't share, with dots and without array indices. */
function differences(a: unknown, b: unknown, path = ''): string[] {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  if (!isObject(a) || !isObject(b) || isIntrinsic(a) || isIntrinsic(b)) return [path];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((key) => differences(a[key], b[key], Array.isArray(a) ? path : path ? `${path}.${key}` : key));
}

const isIntrinsic = (value: object): boolean =>
  Object.keys(value).length === 1 && /^(Ref|Fn::.*)$/.test(Object.keys(value)[0] as string);

const [a, b] = [withoutStage(local), withoutStage(prod)];

function onlyIn(these: Map<string, TemplateResource>, those: Map<string, TemplateResource>): string[] {
  return [...these]
    .filter(([id]) => !those.has(id))
    .map(([id, { Type }]) => `${id} ${Type}`)
    .sort();
}

test('local has what prod has, except for the listed resources', () => {
  expect(onlyIn(a, b)).toEqual(ONLY_IN_LOCAL);
  expect(onlyIn(b, a)).toEqual(ONLY_IN_PROD);
});

test('what both have differs in the listed properties only', () => {
  const properties = new Set<string>();
  const attributes = new Set<string>();
  for (const [id, inLocal] of a) {
    const inProd = b.get(id);
    if (!inProd) continue;
    expect(inProd.Type).toBe(inLocal.Type);
    for (const path of differences(inLocal.Properties ?? {}, inProd.Properties ?? {})) properties.add(`${inLocal.Type} ${path}`);
    const { Properties: _p, ...restOfLocal } = inLocal;
    const { Properties: _q, ...restOfProd } = inProd;
    for (const path of differences(restOfLocal, restOfProd)) attributes.add(path);
  }
  expect([...properties].sort()).toEqual(DIFFERENT_PROPERTIES);
  expect([...attributes].sort()).toEqual(DIFFERENT_ATTRIBUTES);
});

test('a difference that is not listed is found', () => {
  const rule = { Properties: { Targets: [{ Id: '1', BatchSize: 10 }] } };
  const other = { Properties: { Targets: [{ Id: '1', BatchSize: 5 }] } };
  expect(differences(rule, other)).toEqual(['Properties.Targets.BatchSize']);
  expect(differences({ Ref: 'A' }, { 'Fn::GetAtt': ['A', 'Arn'] }, 'Role')).toEqual(['Role']);
  expect(differences(rule, JSON.parse(JSON.stringify(rule)))).toEqual([]);
});
