import type { Json } from './assembly';
import type { Problem } from './problem';
import { mentions, type Resource } from './resources';

/** A rule that a service applies to the properties of one resource, and that only its documentation has. */
interface PropertyRule {
  readonly id: string;
  readonly types: readonly string[];
  /** Page of AWS's documentation, or a report where there is none. */
  readonly source: string;
  /** @returns what the service would refuse; undefined where nothing. */
  problem(properties: Readonly<Record<string, Json>>, resource: Resource, all: readonly Resource[]): string | undefined;
}

const CACHE_TTL_MOST = 3600;
const CACHE_SIZES = ['0.5', '1.6', '6.1', '13.5', '28.4', '58.2', '118', '237'];
const INTEGRATION_TIMEOUT_MOST_MS = 29_000;
const LAMBDA_TIMEOUT_MOST = 900;

/** Regions that an account has to enable; CloudFront's standard logs of the first version can't go to buckets there. */
const OPT_IN_REGIONS = [
  'af-south-1',
  'ap-east-1',
  'ap-south-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-7',
  'ca-west-1',
  'eu-central-2',
  'eu-south-1',
  'eu-south-2',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'mx-central-1',
];

const of = (all: readonly Resource[], type: string, value: Json): Resource[] =>
  all.filter((other) => other.type === type && mentions(value, other.address));

export const PROPERTY_RULES: readonly PropertyRule[] = [
  {
    id: 'valkey-user-without-password',
    types: ['AWS::ElastiCache::User'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html',
    problem: ({ Engine, AuthenticationMode, NoPasswordRequired }) =>
      Engine === 'valkey' && (NoPasswordRequired === true || AuthenticationMode?.Type === 'no-password-required')
        ? "a user of Valkey must have a password or IAM authentication, got: 'no-password-required'; leave the user out, or give it a password"
        : undefined,
  },
  {
    id: 'iam-user-id-is-name',
    types: ['AWS::ElastiCache::User'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html',
    problem: ({ AuthenticationMode, UserId, UserName }) =>
      AuthenticationMode?.Type === 'iam' && UserId !== UserName
        ? `'UserName' of a user with IAM authentication must be its 'UserId', got: '${UserName}'; give both the same`
        : undefined,
  },
  {
    id: 'user-passwords',
    types: ['AWS::ElastiCache::User'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_AuthenticationMode.html',
    problem: ({ AuthenticationMode, Passwords }) => {
      const passwords = AuthenticationMode?.Passwords ?? Passwords ?? [];
      if (AuthenticationMode?.Type === 'password' && (passwords.length < 1 || passwords.length > 2))
        return `'AuthenticationMode.Passwords' must be one or two, got: ${passwords.length}; give one`;
      return undefined;
    },
  },
  {
    id: 'redis-group-needs-default-user',
    types: ['AWS::ElastiCache::UserGroup'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html',
    problem: ({ Engine, UserIds }, _, all) => {
      if (Engine !== 'redis') return undefined;
      const users = of(all, 'AWS::ElastiCache::User', UserIds);
      return users.some(({ properties }) => properties.UserName === 'default') || UserIds.includes('default')
        ? undefined
        : "a user group of Redis OSS must contain a user named 'default', got: none; add one that is disabled";
    },
  },
  {
    id: 'user-group-of-one-engine',
    types: ['AWS::ElastiCache::UserGroup'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html',
    problem: ({ Engine, UserIds }, _, all) => {
      const other = of(all, 'AWS::ElastiCache::User', UserIds).find(
        ({ properties }) => Engine === 'redis' && properties.Engine !== 'redis',
      );
      return other
        ? `users of a group of Redis OSS must be of Redis OSS, got: '${other.properties.Engine}' of ${other.address}; make it one of 'redis'`
        : undefined;
    },
  },
  {
    id: 'group-engine-of-cache',
    types: ['AWS::ElastiCache::ReplicationGroup', 'AWS::ElastiCache::ServerlessCache'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html',
    problem: ({ Engine, UserGroupIds, UserGroupId }, _, all) => {
      const group = of(all, 'AWS::ElastiCache::UserGroup', [UserGroupIds, UserGroupId])[0];
      return group && Engine === 'redis' && group.properties.Engine === 'valkey'
        ? "the user group of a cache of Redis OSS must be of Redis OSS, got: 'valkey'; give the group the cache's engine"
        : undefined;
    },
  },
  {
    id: 'data-tiering-of-r6gd',
    types: ['AWS::ElastiCache::ReplicationGroup'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/data-tiering.html',
    problem: ({ CacheNodeType = '', DataTieringEnabled }) => {
      const isTiered = CacheNodeType.startsWith('cache.r6gd.');
      if (isTiered && DataTieringEnabled !== true)
        return `'DataTieringEnabled' must be true for '${CacheNodeType}', got: ${DataTieringEnabled}; set it, or take 'cache.r6g' or 'cache.r7g'`;
      if (!isTiered && DataTieringEnabled === true)
        return `'DataTieringEnabled' must be false for '${CacheNodeType}', got: true; it needs nodes of 'cache.r6gd'`;
      return undefined;
    },
  },
  {
    id: 'multi-az-needs-replicas',
    types: ['AWS::ElastiCache::ReplicationGroup'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/AutoFailover.html',
    problem: ({
      MultiAZEnabled,
      AutomaticFailoverEnabled,
      ReplicasPerNodeGroup,
      NumCacheClusters,
      NumNodeGroups,
      NodeGroupConfiguration,
      GlobalReplicationGroupId,
    }) => {
      if (GlobalReplicationGroupId) return undefined;
      const replicas =
        ReplicasPerNodeGroup ??
        NodeGroupConfiguration?.[0]?.ReplicaCount ??
        (NumCacheClusters === undefined ? 0 : NumCacheClusters - 1);
      if (MultiAZEnabled && !(AutomaticFailoverEnabled && replicas > 0))
        return `'MultiAZEnabled' needs automatic failover and a replica a shard, got: ${AutomaticFailoverEnabled}, ${replicas}; add a replica`;
      if ((NumNodeGroups ?? 1) > 1 && AutomaticFailoverEnabled !== true)
        return `'AutomaticFailoverEnabled' must be true with several shards, got: ${AutomaticFailoverEnabled}; set it`;
      return undefined;
    },
  },
  {
    id: 'users-need-tls',
    types: ['AWS::ElastiCache::ReplicationGroup'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html',
    problem: ({ UserGroupIds, TransitEncryptionEnabled, AuthToken }) => {
      if (UserGroupIds?.length > 0 && TransitEncryptionEnabled !== true)
        return `'TransitEncryptionEnabled' must be true with a user group, got: ${TransitEncryptionEnabled}; set it`;
      return UserGroupIds?.length > 0 && AuthToken !== undefined
        ? "'AuthToken' must be left out with a user group, got: a token; take one of the two"
        : undefined;
    },
  },
  {
    id: 'parameter-group-of-engine',
    types: ['AWS::ElastiCache::ReplicationGroup'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/ParameterGroups.Engine.html',
    problem: ({ Engine, EngineVersion, CacheParameterGroupName }, _, all) => {
      const group = of(all, 'AWS::ElastiCache::ParameterGroup', CacheParameterGroupName)[0];
      if (!group || !EngineVersion) return undefined;
      const [major = '', minor = ''] = String(EngineVersion).split('.');
      const family = Engine === 'redis' && major === '6' ? 'redis6.x' : `${Engine}${major}`;
      const got = group.properties.CacheParameterGroupFamily;
      return got === family || got === `${Engine}${major}.${minor}`
        ? undefined
        : `'CacheParameterGroupFamily' must be '${family}' for ${Engine} ${EngineVersion}, got: '${got}'; make a group of that family`;
    },
  },
  {
    id: 'durability-needs',
    types: ['AWS::ElastiCache::ReplicationGroup'],
    source: 'https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/durability.html',
    problem: ({
      Durability,
      Engine,
      EngineVersion,
      ClusterMode,
      NumNodeGroups,
      NodeGroupConfiguration,
      MultiAZEnabled,
      TransitEncryptionEnabled,
      AtRestEncryptionEnabled,
      DataTieringEnabled,
      GlobalReplicationGroupId,
    }) => {
      if (Durability !== 'sync' && Durability !== 'async') return undefined;
      const isCluster = ClusterMode === 'enabled' || NumNodeGroups !== undefined || NodeGroupConfiguration !== undefined;
      const missing = [
        !(Engine === 'valkey' && Number(EngineVersion) >= 9) && 'Valkey 9.0 or newer',
        !isCluster && 'cluster mode',
        MultiAZEnabled !== true && 'Multi-AZ',
        TransitEncryptionEnabled !== true && 'encryption in transit',
        AtRestEncryptionEnabled !== true && 'encryption at rest',
        DataTieringEnabled === true && 'nodes without data tiering',
        GlobalReplicationGroupId !== undefined && 'no global datastore',
      ].filter(Boolean);
      return missing.length > 0
        ? `'Durability' ${Durability} needs ${missing.join(', ')}; give them, or leave it out`
        : undefined;
    },
  },
  {
    id: 'replica-follows-primary-version',
    types: ['AWS::RDS::DBInstance'],
    source: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MinorVersion.html',
    problem: ({ SourceDBInstanceIdentifier, EngineVersion }, _, all) => {
      const primary = of(all, 'AWS::RDS::DBInstance', SourceDBInstanceIdentifier)[0];
      const wanted = primary?.properties.EngineVersion;
      return wanted !== undefined && EngineVersion !== wanted
        ? `'EngineVersion' must be the primary's '${wanted}', got: ${EngineVersion}; RDS upgrades replicas first, and refuses the primary's minor upgrade before`
        : undefined;
    },
  },
  {
    id: 'replica-needs-backups',
    types: ['AWS::RDS::DBInstance'],
    source: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Create.html',
    problem: ({ SourceDBInstanceIdentifier }, _, all) => {
      const primary = of(all, 'AWS::RDS::DBInstance', SourceDBInstanceIdentifier)[0];
      return primary && !(primary.properties.BackupRetentionPeriod > 0)
        ? `'BackupRetentionPeriod' of ${primary.address} must be at least 1 for a replica of it, got: ${primary.properties.BackupRetentionPeriod}`
        : undefined;
    },
  },
  {
    id: 'monitoring-needs-role',
    types: ['AWS::RDS::DBInstance', 'AWS::RDS::DBCluster'],
    source: 'https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html',
    problem: ({ MonitoringInterval = 0, MonitoringRoleArn }) =>
      MonitoringInterval > 0 && !MonitoringRoleArn
        ? "'MonitoringRoleArn' must be given where 'MonitoringInterval' isn't 0; give a role"
        : undefined,
  },
  {
    id: 'storage-below-gp3-throughput',
    types: ['AWS::RDS::DBInstance'],
    source: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html',
    problem: ({ StorageType, AllocatedStorage, Iops, StorageThroughput }) =>
      StorageType === 'gp3' && Number(AllocatedStorage ?? 400) < 400 && (Iops !== undefined || StorageThroughput !== undefined)
        ? `'Iops' and 'StorageThroughput' of gp3 must be left out below 400 GiB, got: ${Iops}, ${StorageThroughput} at ${AllocatedStorage} GiB`
        : undefined,
  },
  {
    id: 'function-limits',
    types: ['AWS::Lambda::Function'],
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html',
    problem: ({ Timeout = 3, MemorySize = 128, Environment }) => {
      if (Timeout > LAMBDA_TIMEOUT_MOST || Timeout < 1)
        return `'Timeout' must be from 1 to ${LAMBDA_TIMEOUT_MOST}, got: ${Timeout}`;
      if (MemorySize < 128 || MemorySize > 10_240) return `'MemorySize' must be from 128 to 10240, got: ${MemorySize}`;
      const bytes = JSON.stringify(Environment?.Variables ?? {}).length;
      return bytes > 4096 ? `'Environment' must be at most 4 KB, got: ${bytes} bytes` : undefined;
    },
  },
  {
    id: 'queue-visibility',
    types: ['AWS::Lambda::EventSourceMapping'],
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html',
    problem: ({ EventSourceArn, FunctionName }, _, all) => {
      const queue = of(all, 'AWS::SQS::Queue', EventSourceArn)[0];
      const target = of(all, 'AWS::Lambda::Function', FunctionName)[0];
      const visible = queue?.properties.VisibilityTimeout ?? 30;
      const timeout = target?.properties.Timeout ?? 3;
      return queue && target && visible < timeout
        ? `'VisibilityTimeout' of ${queue.address} must be at least its function's timeout ${timeout}, got: ${visible}`
        : undefined;
    },
  },
  {
    id: 'rule-targets',
    types: ['AWS::Events::Rule'],
    source: 'https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html',
    problem: ({ Targets = [], ScheduleExpression, EventPattern, EventBusName }) => {
      if (Targets.length > 5) return `'Targets' must be at most 5, got: ${Targets.length}`;
      if (!ScheduleExpression && !EventPattern) return "'EventPattern' or 'ScheduleExpression' must be given, got: neither";
      return ScheduleExpression && EventBusName && EventBusName !== 'default'
        ? "'ScheduleExpression' works on the default bus only, got: a bus of its own"
        : undefined;
    },
  },
  {
    id: 'stage-cache',
    types: ['AWS::ApiGateway::Stage'],
    source: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-caching.html',
    problem: ({ CacheClusterSize, MethodSettings = [] }) => {
      if (CacheClusterSize !== undefined && !CACHE_SIZES.includes(String(CacheClusterSize)))
        return `'CacheClusterSize' must be one of ${CACHE_SIZES.join(', ')}, got: ${CacheClusterSize}`;
      const beyond = MethodSettings.find(
        ({ CacheTtlInSeconds = 300 }: Json) => CacheTtlInSeconds < 0 || CacheTtlInSeconds > CACHE_TTL_MOST,
      );
      return beyond ? `'CacheTtlInSeconds' must be from 0 to ${CACHE_TTL_MOST}, got: ${beyond.CacheTtlInSeconds}` : undefined;
    },
  },
  {
    id: 'stage-logs-need-account-role',
    types: ['AWS::ApiGateway::Stage'],
    source: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html',
    problem: ({ AccessLogSetting, MethodSettings = [] }, { address, needs }, all) => {
      const isLogging =
        AccessLogSetting !== undefined || MethodSettings.some(({ LoggingLevel = 'OFF' }: Json) => LoggingLevel !== 'OFF');
      const account = all.find(({ type }) => type === 'AWS::ApiGateway::Account');
      if (!isLogging || !account || account.address.split('/')[0] !== address.split('/')[0]) return undefined;
      return needs.has(account.address)
        ? undefined
        : `a stage that logs must come after ${account.address}, which sets the account's role; make it depend on it`;
    },
  },
  {
    id: 'method-declared',
    types: ['AWS::ApiGateway::Method'],
    source: 'https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-settings-method-request.html',
    problem: ({ HttpMethod, Integration }) => {
      if (HttpMethod === 'ANY')
        return "'HttpMethod' must be a method that somebody declared, got: 'ANY', which lets every other method through; name each";
      const timeout = Integration?.TimeoutInMillis ?? INTEGRATION_TIMEOUT_MOST_MS;
      return timeout > INTEGRATION_TIMEOUT_MOST_MS || timeout < 50
        ? `'TimeoutInMillis' must be from 50 to ${INTEGRATION_TIMEOUT_MOST_MS}, got: ${timeout}`
        : undefined;
    },
  },
  {
    id: 'cache-key-parameters-declared',
    types: ['AWS::ApiGateway::Method'],
    source: 'https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html',
    problem: ({ Integration, RequestParameters = {} }) => {
      const unknown = (Integration?.CacheKeyParameters ?? []).find((name: string) => !Object.hasOwn(RequestParameters, name));
      return unknown ? `'CacheKeyParameters' must be request parameters of the method, got: '${unknown}'; declare it` : undefined;
    },
  },
  {
    id: 'behavior-ttls',
    types: ['AWS::CloudFront::CachePolicy'],
    source: 'https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CachePolicyConfig.html',
    problem: ({ CachePolicyConfig: { MinTTL, DefaultTTL, MaxTTL } }) =>
      MinTTL <= DefaultTTL && DefaultTTL <= MaxTTL
        ? undefined
        : `'MinTTL', 'DefaultTTL' and 'MaxTTL' must not decrease, got: ${MinTTL}, ${DefaultTTL}, ${MaxTTL}`,
  },
  {
    id: 'distribution-log-bucket',
    types: ['AWS::CloudFront::Distribution'],
    source: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html',
    problem: ({ DistributionConfig }, _, all) => {
      const bucket = of(all, 'AWS::S3::Bucket', DistributionConfig.Logging?.Bucket)[0];
      if (!bucket) return undefined;
      if (OPT_IN_REGIONS.includes(bucket.region))
        return `'Logging.Bucket' must not be in a region that is opted into, got: ${bucket.region}; use the second version of standard logs`;
      const ownership = bucket.properties.OwnershipControls?.Rules?.[0]?.ObjectOwnership;
      return ownership === 'BucketOwnerPreferred' || ownership === 'ObjectWriter'
        ? undefined
        : `the bucket of 'Logging' must allow ACLs, got: ownership ${ownership ?? 'BucketOwnerEnforced'}; set it to BucketOwnerPreferred`;
    },
  },
  {
    id: 'distribution-certificate',
    types: ['AWS::CloudFront::Distribution'],
    source: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html',
    problem: ({ DistributionConfig: { Aliases = [], ViewerCertificate } }, _, all) => {
      if (Aliases.length > 0 && !ViewerCertificate?.AcmCertificateArn && !ViewerCertificate?.IamCertificateId)
        return `'ViewerCertificate' must be given with 'Aliases', got: none for ${Aliases.join(', ')}`;
      const certificate = of(all, 'AWS::CertificateManager::Certificate', ViewerCertificate?.AcmCertificateArn)[0];
      const region = certificate?.region ?? /^arn:[^:]+:acm:([^:]+):/.exec(ViewerCertificate?.AcmCertificateArn ?? '')?.[1];
      return region !== undefined && region !== 'us-east-1' ? `the certificate must be of us-east-1, got: ${region}` : undefined;
    },
  },
  {
    id: 'distribution-tags',
    types: ['AWS::CloudFront::Distribution'],
    source: 'https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/tag-based-invalidation.html',
    problem: ({ DistributionConfig: { CacheTagConfig } }) =>
      CacheTagConfig !== undefined && typeof CacheTagConfig.HeaderName !== 'string'
        ? `'CacheTagConfig.HeaderName' must be the name of a header, got: ${CacheTagConfig.HeaderName}`
        : undefined,
  },
  {
    id: 'behavior-methods',
    types: ['AWS::CloudFront::Distribution'],
    source: 'https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_AllowedMethods.html',
    problem: ({ DistributionConfig: { DefaultCacheBehavior, CacheBehaviors = [] } }) => {
      const sets = ['GET,HEAD', 'GET,HEAD,OPTIONS', 'DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT'];
      const wrong = [DefaultCacheBehavior, ...CacheBehaviors].find(
        ({ AllowedMethods = ['GET', 'HEAD'] }: Json) => !sets.includes([...AllowedMethods].sort().join(',')),
      );
      return wrong ? `'AllowedMethods' must be one of CloudFront's three sets, got: ${wrong.AllowedMethods}` : undefined;
    },
  },
  {
    id: 'firewall-scope-region',
    types: ['AWS::WAFv2::WebACL'],
    source: 'https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html',
    problem: ({ Scope }, { region }) =>
      Scope === 'CLOUDFRONT' && region !== 'us-east-1'
        ? `a web ACL of scope CLOUDFRONT must be made in us-east-1, got: ${region}`
        : undefined,
  },
  {
    id: 'distribution-firewall',
    types: ['AWS::CloudFront::Distribution'],
    source: 'https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html',
    problem: ({ DistributionConfig: { WebACLId } }, _, all) => {
      const acl = of(all, 'AWS::WAFv2::WebACL', WebACLId)[0];
      return acl && acl.properties.Scope !== 'CLOUDFRONT'
        ? `'WebACLId' must be of scope CLOUDFRONT, got: ${acl.properties.Scope}`
        : undefined;
    },
  },
  {
    id: 'firewall-log-name',
    types: ['AWS::WAFv2::LoggingConfiguration'],
    source: 'https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html',
    problem: ({ LogDestinationConfigs }, _, all) => {
      const group = of(all, 'AWS::Logs::LogGroup', LogDestinationConfigs)[0];
      const name = group ? group.properties.LogGroupName : JSON.stringify(LogDestinationConfigs).split(':log-group:')[1];
      return String(name ?? '').startsWith('aws-waf-logs-')
        ? undefined
        : `the log group must have a name that begins with 'aws-waf-logs-', got: ${name ?? 'a generated name'}`;
    },
  },
  {
    id: 'anomaly-monitor-of-tag',
    types: ['AWS::CE::AnomalyMonitor'],
    source: 'https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html',
    problem: ({ MonitorType, MonitorSpecification, MonitorDimension }) =>
      MonitorType === 'CUSTOM' || MonitorSpecification !== undefined || (MonitorDimension && MonitorDimension !== 'SERVICE')
        ? 'a monitor of a cost tag must be asked for, since only a management account may have one, got: one without asking; leave it out'
        : undefined,
  },
  {
    id: 'log-retention',
    types: ['AWS::Logs::LogGroup'],
    source: 'https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html',
    problem: ({ RetentionInDays }) =>
      RetentionInDays !== undefined &&
      ![1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653].includes(
        RetentionInDays,
      )
        ? `'RetentionInDays' must be one of CloudWatch Logs' own, got: ${RetentionInDays}`
        : undefined,
  },
  {
    id: 'alarm-period',
    types: ['AWS::CloudWatch::Alarm'],
    source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html',
    problem: ({ Period, Metrics, EvaluationPeriods, DatapointsToAlarm, MetricName }) => {
      if (Period !== undefined && ![1, 5, 10, 20, 30].includes(Period) && Period % 60 !== 0)
        return `'Period' must be a multiple of 60, got: ${Period}`;
      if (DatapointsToAlarm > EvaluationPeriods)
        return `'DatapointsToAlarm' must be at most 'EvaluationPeriods', got: ${DatapointsToAlarm} of ${EvaluationPeriods}`;
      return MetricName === undefined && !(Metrics?.length > 0)
        ? "'MetricName' or 'Metrics' must be given, got: neither"
        : undefined;
    },
  },
  {
    id: 'endpoint-gateway-routes',
    types: ['AWS::EC2::VPCEndpoint'],
    source: 'https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html',
    problem: ({ VpcEndpointType = 'Gateway', RouteTableIds = [], SubnetIds = [] }) => {
      if (VpcEndpointType === 'Gateway' && RouteTableIds.length === 0)
        return "'RouteTableIds' must be given, got: none; nothing would be routed to it";
      return VpcEndpointType === 'Interface' && SubnetIds.length === 0 ? "'SubnetIds' must be given, got: none" : undefined;
    },
  },
  {
    id: 'subnet-groups-in-two-zones',
    types: ['AWS::RDS::DBSubnetGroup'],
    source: 'https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html',
    problem: ({ SubnetIds = [] }, _, all) => {
      const zones = new Set(of(all, 'AWS::EC2::Subnet', SubnetIds).map(({ properties }) => String(properties.AvailabilityZone)));
      return zones.size === 1 ? `'SubnetIds' must be in two zones or more, got: ${[...zones].join()}` : undefined;
    },
  },
];

/** Rules of {@link PROPERTY_RULES} that a service would refuse a resource by. */
export function propertyProblems(resources: readonly Resource[]): Problem[] {
  return resources.flatMap((resource) =>
    PROPERTY_RULES.filter(({ types }) => types.includes(resource.type)).flatMap(({ id, source, problem }) => {
      const text = problem(resource.properties, resource, resources);
      return text === undefined ? [] : [{ rule: id, address: resource.address, text: `${text} (${source})` }];
    }),
  );
}
