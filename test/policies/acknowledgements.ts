/** Acknowledged findings of one kind, by resource. */
export interface Acknowledgement {
  /** Ids of the rules, with the finding in brackets where a rule has several. Without wildcards. */
  readonly rules: readonly string[];
  /** Description of each resource, by its path without the stage. */
  readonly resources: Readonly<Record<string, string>>;
  /**
   * The presets that have the findings.
   * @default - every preset
   */
  readonly presets?: readonly string[];
  /**
   * Reason why the finding is acceptable: the control that is there instead. Continues a sentence after the resource's
   * description.
   */
  readonly because: string;
}

/** A rule that NIST 800-53 R5 and HIPAA both have. */
const both = (rule: string) => [`NIST.800.53.R5-${rule}`, `HIPAA.Security-${rule}`];

const SMALL = ['local', 'dev'];
const LARGE = ['prod', 'prod-with-domain'];

/** Functions that are in every stage, by the construct that owns them: their name, and whether they are in the network. */
const FUNCTIONS: readonly (readonly [path: string, name: string])[] = [
  ['database/Migration/Function', 'migration'],
  ['api/Functions/Reader', 'read-api'],
  ['api/Functions/Writer', 'write-api'],
  ['api/Gateway/RefreshAuthorization/Function', 'stage-settings'],
  ['purge/Purge/Relay', 'relay'],
  ['purge/Purge/Invalidator', 'invalidator'],
  ['purge/Purge/Executor', 'executor'],
  ['operations/Topology/Function', 'topology'],
];
const SAMPLE_DATA = ['database/SampleData/Function', 'sample-data'] as const;
/** Function of the app's stages only. */
const WARMER = ['purge/Warmer/Function', 'warmer'] as const;
const PROBE = ['purge/Probe/Function', 'probe'] as const;
const STAGES = [...SMALL, ...LARGE];
const OUTSIDE = ['executor', 'stage-settings', 'topology'];

type Functions = readonly (readonly [path: string, name: string])[];
const named = (functions: Functions, suffix: string, what: string) =>
  Object.fromEntries(functions.map(([path, name]) => [`${path}${suffix}`, `${what} ${name}`]));
const only = (...names: string[]) => FUNCTIONS.filter(([, name]) => names.includes(name));

const INLINE =
  'belongs to one role of one function, and is made, changed and deleted with it; a test lists every action and resource that it allows, so that it is reviewed like a managed policy';
const NETWORK_INTERFACES =
  'may make network interfaces, which have no ARN before they exist; it is what Lambda itself needs to place the function, and the function has no way to EC2: no endpoint and no NAT';
const NO_TRACE =
  'sends no traces of its own: every request says in Cache-Status, Server-Timing and one line of log what each tier did and in which time, and the stage of the API traces what comes before it';
const SYNCHRONOUS = 'is called by API Gateway, which hands its failure to whoever asked; no event is kept that could be lost';
const POLLED =
  "is called by an event source mapping; what it fails on stays in its queue, and after five times goes to that queue's dead letters, which an alarm watches";
const DEPLOYED = 'is called by CloudFormation, which waits for its answer and rolls back without one; its log says why';
const UNRESERVED =
  'is bounded without a reservation, by what calls it, and takes none of the concurrency that reads and writes have reserved';
const MAPPED = `${UNRESERVED}: its event source mapping has a maximum concurrency`;
const SMALL_STAGE =
  'is of a stage for trial; an account must keep 100 unreserved, and a new one has no more than 10, so that reserving would stop its deployment';
const PASSWORD =
  "is 48 random characters that nobody types, encrypted by the stage's own key, readable by the one role that logs in with it, on an engine that only the functions' security groups reach over TLS; `docs/how-to/maintain.md` says how it is rotated. A rotation by Secrets Manager is a transform that the isolated network can't run, and a password managed by RDS excludes replicas";
const REPLICA =
  'is a copy that serves reads; when it fails, reads go to another replica or to the primary, which is in two zones in prod, and RDS makes it anew';
const SAME_AS_SOURCE = 'is encrypted as its source is, which is; RDS refuses to be told for a replica in the same region';
const REPLICA_PORT =
  'listens on 5433, which is set; the rule looks for a default by the engine, which a replica takes from its source';
const BACKUPS =
  'has automatic backups with recovery to any second of the last days, kept when it is deleted; a plan of AWS Backup would copy the same';
const TRIAL_DATA = 'is of a stage for trial that holds sample data only, which is loaded anew when the stack is made';
const PUBLIC_READ =
  'is a public read: what it answers is in caches that serve everybody. Throttling bounds it, and in prod AWS WAF stands before it';
const REFUSES = 'answers 405 and nothing else, by a function that can not write';
const OPEN_LOCAL =
  "is open on a machine of one's own, whose edge listens on loopback only; every other stage requires IAM here, which is checked when the stage is defined";
const NOT_COGNITO_PUBLIC = 'is public, see above; there are no users whom a pool could know';
const NOT_COGNITO_IAM = 'is for services and operators, who sign with IAM; a pool would add a second kind of identity';

const READS = {
  'api/Gateway/Api/Default/places/{id}/GET/Resource': 'GET /places/{id}',
  'api/Gateway/Api/Default/places/{id}/HEAD/Resource': 'HEAD /places/{id}',
  'api/Gateway/Api/Default/places/GET/Resource': 'GET /places',
  'api/Gateway/Api/Default/places/HEAD/Resource': 'HEAD /places',
  'api/Gateway/Api/Default/health/GET/Resource': 'GET /health',
  'api/Gateway/Api/Default/health/HEAD/Resource': 'HEAD /health',
};
const OTHER_METHODS = {
  'api/Gateway/Api/Default/places/{id}/ANY/Resource': 'any other method of /places/{id}',
  'api/Gateway/Api/Default/places/ANY/Resource': 'any other method of /places',
  'api/Gateway/Api/Default/purges/{purgeId}/ANY/Resource': 'any other method of /purges/{purgeId}',
  'api/Gateway/Api/Default/purges/ANY/Resource': 'any other method of /purges',
  'api/Gateway/Api/Default/purged-keys/ANY/Resource': 'any other method of /purged-keys',
  'api/Gateway/Api/Default/health/ANY/Resource': 'any other method of /health',
};
const SIGNED = {
  'api/Gateway/Api/Default/places/{id}/PATCH/Resource': 'PATCH /places/{id}',
  'api/Gateway/Api/Default/purges/{purgeId}/GET/Resource': 'GET /purges/{purgeId}',
  'api/Gateway/Api/Default/purges/{purgeId}/HEAD/Resource': 'HEAD /purges/{purgeId}',
  'api/Gateway/Api/Default/purges/GET/Resource': 'GET /purges',
  'api/Gateway/Api/Default/purges/HEAD/Resource': 'HEAD /purges',
  'api/Gateway/Api/Default/purged-keys/GET/Resource': 'GET /purged-keys',
  'api/Gateway/Api/Default/purged-keys/HEAD/Resource': 'HEAD /purged-keys',
};
const STAGE = { 'api/Gateway/Api/DeploymentStage.live/Resource': 'the stage of the API' };
const DISTRIBUTION = { 'edge/Edge/Distribution/Resource': 'the distribution' };
const GROUP = { 'shared/Shared/ReplicationGroup': 'the replication group' };
const NOTIFICATIONS = { 'shared/Shared/Notifications/Resource': "the topic of ElastiCache's notifications" };
const PRIMARY = { 'database/Database/Primary/Resource': 'the primary' };
const REPLICA_1 = { 'database/Database/Replica1/Resource': 'replica 1' };
const REPLICA_2 = { 'database/Database/Replica2/Resource': 'replica 2' };
const LOGS = { 'edge/Edge/Logs/Resource': "the bucket of the edge's access logs" };

/** The API whose keys the executor refreshes, as each preset writes it. */
const REFRESHED_STAGES = [
  {
    arn: '<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:cachement-STAGE-api:ExportsOutputRefGatewayApi4EDF215182C083AD',
    presets: ['local', 'dev', 'prod'],
  },
  {
    arn: 'aws:execute-api:eu-central-1:111111111111:cachement-STAGE-api:ExportsOutputRefGatewayApi4EDF215182C083AD',
    presets: ['prod-with-domain'],
  },
  { arn: '<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<CachingGatewayApi1D247C72>', presets: ['platform'] },
];
const REFRESHES =
  'may refresh any response of one stage, since a purge may name any path; it can have a response made anew, and neither read what needs authorisation nor change anything';

/**
 * Every acknowledged finding, with its reason. One that no preset has any more, or that names a whole rule by a wildcard, fails.
 */
export const ACKNOWLEDGEMENTS: readonly Acknowledgement[] = [
  // Roles
  {
    rules: both('IAMNoInlinePolicy'),
    resources: {
      ...named(FUNCTIONS, 'Role/Resource', 'what lets Lambda run'),
      ...named(FUNCTIONS, 'Role/DefaultPolicy/Resource', 'the policy of'),
      'network/Network/Vpc/FlowLog/IAMRole/DefaultPolicy/Resource': 'the policy of the flow log',
    },
    because: INLINE,
  },
  {
    rules: both('IAMNoInlinePolicy'),
    resources: {
      ...named([WARMER, PROBE], 'Role/Resource', 'what lets Lambda run'),
      ...named([WARMER, PROBE], 'Role/DefaultPolicy/Resource', 'the policy of'),
    },
    presets: STAGES,
    because: INLINE,
  },
  {
    rules: ['AwsSolutions-IAM5[Resource::*]', 'Serverless-LambdaStarPermissions'],
    resources: named([WARMER], 'Role/Resource', 'the role of'),
    presets: STAGES,
    because: NETWORK_INTERFACES,
  },
  {
    rules: both('IAMNoInlinePolicy'),
    resources: {
      ...named([SAMPLE_DATA], 'Role/Resource', 'what lets Lambda run'),
      ...named([SAMPLE_DATA], 'Role/DefaultPolicy/Resource', 'the policy of'),
    },
    presets: SMALL,
    because: INLINE,
  },
  {
    rules: ['AwsSolutions-IAM5[Resource::*]', 'Serverless-LambdaStarPermissions'],
    resources: named(
      FUNCTIONS.filter(([, name]) => !OUTSIDE.includes(name)),
      'Role/Resource',
      'the role of',
    ),
    because: NETWORK_INTERFACES,
  },
  {
    rules: ['AwsSolutions-IAM5[Resource::*]', 'Serverless-LambdaStarPermissions'],
    resources: named([SAMPLE_DATA], 'Role/Resource', 'the role of'),
    presets: SMALL,
    because: NETWORK_INTERFACES,
  },
  ...REFRESHED_STAGES.map(({ arn, presets }) => ({
    rules: [`AwsSolutions-IAM5[Resource::arn:${arn}/live/GET/*]`],
    resources: { 'purge/Purge/ExecutorRole/DefaultPolicy/Resource': 'the policy of executor' },
    presets,
    because: REFRESHES,
  })),
  {
    rules: ['AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole]'],
    resources: { 'database/Database/MonitoringRole/Resource': 'the role of enhanced monitoring' },
    because: 'is assumed by RDS alone, and needs what AWS says that it needs; the policy allows one log group, RDSOSMetrics',
  },
  {
    rules: ['AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]'],
    resources: { 'api/Gateway/Api/CloudWatchRole/Resource': 'the role that API Gateway logs as' },
    because:
      'is assumed by API Gateway alone, for every API of the account; API Gateway checks for exactly these actions when it is set',
  },

  // Functions
  {
    rules: ['Serverless-LambdaTracing'],
    resources: named(FUNCTIONS, '/Resource', 'function'),
    because: NO_TRACE,
  },
  {
    rules: ['Serverless-LambdaTracing'],
    resources: named([WARMER, PROBE], '/Resource', 'function'),
    presets: STAGES,
    because: NO_TRACE,
  },
  {
    rules: ['Serverless-LambdaDLQ', ...both('LambdaDLQ')],
    resources: named([WARMER], '/Resource', 'function'),
    presets: STAGES,
    because: POLLED,
  },
  {
    rules: both('LambdaConcurrency'),
    resources: named([WARMER], '/Resource', 'function'),
    presets: STAGES,
    because: MAPPED,
  },
  {
    rules: ['Serverless-LambdaDLQ', ...both('LambdaDLQ')],
    resources: named([PROBE], '/Resource', 'function'),
    presets: STAGES,
    because:
      'is called by a schedule, whose event says nothing; a run that fails is a measurement less, the next comes within a minute, and an alarm counts the failures',
  },
  {
    rules: both('LambdaConcurrency'),
    resources: named([PROBE], '/Resource', 'function'),
    presets: STAGES,
    because: `${UNRESERVED}: a schedule, each minute, for less than a minute`,
  },
  {
    rules: both('LambdaInsideVPC'),
    resources: named([PROBE], '/Resource', 'function'),
    presets: STAGES,
    because:
      'reads through the edge as viewers do, which the network has no way to; it has neither secrets nor a way to the database, and may make one request of the API, which answers with paths and hashes',
  },
  {
    rules: ['Serverless-LambdaTracing'],
    resources: named([SAMPLE_DATA], '/Resource', 'function'),
    presets: SMALL,
    because: NO_TRACE,
  },
  {
    rules: ['Serverless-LambdaDLQ', ...both('LambdaDLQ')],
    resources: named(only('read-api', 'write-api'), '/Resource', 'function'),
    because: SYNCHRONOUS,
  },
  {
    rules: ['Serverless-LambdaDLQ', ...both('LambdaDLQ')],
    resources: named(only('invalidator', 'executor'), '/Resource', 'function'),
    because: POLLED,
  },
  {
    rules: ['Serverless-LambdaDLQ', ...both('LambdaDLQ')],
    resources: named(only('migration', 'stage-settings'), '/Resource', 'function'),
    because: DEPLOYED,
  },
  {
    rules: ['Serverless-LambdaDLQ', ...both('LambdaDLQ')],
    resources: named([SAMPLE_DATA], '/Resource', 'function'),
    presets: SMALL,
    because: DEPLOYED,
  },
  {
    rules: both('LambdaConcurrency'),
    resources: named(only('relay', 'invalidator', 'executor'), '/Resource', 'function'),
    because: MAPPED,
  },
  {
    rules: both('LambdaConcurrency'),
    resources: named(only('migration', 'stage-settings', 'topology'), '/Resource', 'function'),
    because: `${UNRESERVED}: a deployment, or a schedule of minutes`,
  },
  {
    rules: both('LambdaConcurrency'),
    resources: named([...only('read-api', 'write-api'), SAMPLE_DATA], '/Resource', 'function'),
    presets: SMALL,
    because: SMALL_STAGE,
  },
  {
    rules: both('LambdaInsideVPC'),
    resources: named(only('executor'), '/Resource', 'function'),
    because:
      "calls CloudFront's API, which no endpoint of a network has; it sees no data, only ids and tags, and may call five actions on one distribution, one stage and one queue",
  },
  {
    rules: both('LambdaInsideVPC'),
    resources: named(only('stage-settings'), '/Resource', 'function'),
    because:
      "calls API Gateway's API, for which the network would need one more endpoint; it sees no data, and may change the settings of one stage",
  },
  {
    rules: both('LambdaInsideVPC'),
    resources: named(only('topology'), '/Resource', 'function'),
    because:
      "calls ElastiCache's API, for which the network would need one more endpoint; it sees no data, and may describe one replication group",
  },

  // Queues and topics
  {
    rules: ['Serverless-SQSRedrivePolicy'],
    resources: {
      'purge/Purge/Undelivered/Resource': 'the queue of undelivered events',
      'purge/Purge/RelayKicks/DeadLetters/Resource': "the dead letters of the relay's kicks",
      'purge/Purge/SharedSteps/DeadLetters/Resource': 'the dead letters of the shared steps',
      'purge/Purge/EdgeSteps/DeadLetters/Resource': 'the dead letters of the edge steps',
      'operations/Topology/Undelivered/Resource': 'the queue of undelivered reports',
    },
    because: 'is where others redrive to; it keeps a message for 14 days, and an alarm goes off with the first one',
  },
  {
    rules: ['Serverless-SQSRedrivePolicy'],
    resources: { 'purge/Warmer/Default/Purges/DeadLetters/Resource': 'the dead letters of warming' },
    presets: STAGES,
    because: 'is where others redrive to; it keeps a message for 14 days, and an alarm goes off with the first one',
  },
  {
    rules: ['Serverless-LambdaEventSourceMappingDestination'],
    resources: {
      'purge/Warmer/Function/SqsEventSource:cachementSTAGEpurgeWarmerPurgesQueue/Resource': 'the mapping of the warmer',
    },
    presets: STAGES,
    because: "takes from a queue, for which Lambda has no destination on failure; the queue's redrive policy is that",
  },
  {
    rules: ['Serverless-LambdaEventSourceMappingDestination'],
    resources: {
      'purge/Purge/Relay/SqsEventSource:cachementSTAGEpurgePurgeRelayKicksQueue/Resource': "the mapping of the relay's kicks",
      'purge/Purge/Invalidator/SqsEventSource:cachementSTAGEpurgePurgeSharedStepsQueue/Resource':
        'the mapping of the shared steps',
      'purge/Purge/Executor/SqsEventSource:cachementSTAGEpurgePurgeEdgeStepsQueue/Resource': 'the mapping of the edge steps',
    },
    because: "takes from a queue, for which Lambda has no destination on failure; the queue's redrive policy is that",
  },
  {
    rules: ['AwsSolutions-SNS3', ...both('SNSEncryptedKMS')],
    resources: NOTIFICATIONS,
    because:
      'is published to by ElastiCache, which stops where the topic is encrypted or has a policy of its own; it says the name of an event and of a node, and its one subscriber is a function',
  },
  {
    rules: ['Serverless-SNSRedrivePolicy'],
    resources: { 'operations/Monitoring/Alarms/operations@example.com/Resource': 'the mail address of the alarms' },
    presets: ['prod-with-domain'],
    because:
      'is told by mail, which SNS sends again for hours; the state of every alarm is in CloudWatch whether or not the mail arrives',
  },

  // Database
  {
    rules: ['AwsSolutions-SMG4', ...both('SecretsManagerRotationEnabled')],
    resources: {
      'database/Database/OwnerSecret/Resource': 'the password of the role that owns the schema',
      'database/Database/ReaderSecret/Resource': 'the password of the role that reads',
      'database/Database/WriterSecret/Resource': 'the password of the role that writes',
      'shared/Shared/Secret/Resource': 'the password of the user of the shared tier',
    },
    because: PASSWORD,
  },
  { rules: ['AwsSolutions-RDS2', ...both('RDSStorageEncrypted')], resources: REPLICA_1, because: SAME_AS_SOURCE },
  { rules: ['AwsSolutions-RDS2', ...both('RDSStorageEncrypted')], resources: REPLICA_2, presets: LARGE, because: SAME_AS_SOURCE },
  { rules: ['AwsSolutions-RDS11'], resources: REPLICA_1, because: REPLICA_PORT },
  { rules: ['AwsSolutions-RDS11'], resources: REPLICA_2, presets: LARGE, because: REPLICA_PORT },
  { rules: ['AwsSolutions-RDS3', ...both('RDSMultiAZSupport')], resources: REPLICA_1, because: REPLICA },
  { rules: ['AwsSolutions-RDS3', ...both('RDSMultiAZSupport')], resources: REPLICA_2, presets: LARGE, because: REPLICA },
  { rules: ['AwsSolutions-RDS3', ...both('RDSMultiAZSupport')], resources: PRIMARY, presets: SMALL, because: TRIAL_DATA },
  {
    rules: ['AwsSolutions-RDS10', ...both('RDSInstanceDeletionProtectionEnabled')],
    resources: { ...PRIMARY, ...REPLICA_1 },
    presets: SMALL,
    because: `${TRIAL_DATA}, and is to leave nothing behind when the stack goes`,
  },
  { rules: both('RDSInBackupPlan'), resources: { ...PRIMARY, ...REPLICA_1 }, because: BACKUPS },
  { rules: both('RDSInBackupPlan'), resources: REPLICA_2, presets: LARGE, because: BACKUPS },

  // Shared tier
  {
    rules: ['AwsSolutions-AEC6'],
    resources: GROUP,
    because:
      "has users with passwords and rights of their own, and the user named 'default' can do nothing; ElastiCache takes users or an AUTH token, not both",
  },
  {
    rules: both('ElastiCacheRedisClusterAutomaticBackup'),
    resources: GROUP,
    presets: SMALL,
    because: 'is of a stage for trial; every entry can be loaded again from the database, and a snapshot is kept for a day',
  },
  {
    rules: both('ElastiCacheRedisClusterAutomaticBackup'),
    resources: GROUP,
    presets: ['platform'],
    because:
      'holds copies only, each of which can be loaded again from the database, whose backups are kept for a week; a snapshot of the copies is kept for a day',
  },

  // Gateway
  { rules: ['AwsSolutions-APIG4'], resources: READS, because: PUBLIC_READ },
  { rules: ['AwsSolutions-APIG4'], resources: OTHER_METHODS, because: REFUSES },
  { rules: ['AwsSolutions-APIG4'], resources: SIGNED, presets: ['local'], because: OPEN_LOCAL },
  { rules: ['AwsSolutions-COG4'], resources: READS, because: NOT_COGNITO_PUBLIC },
  { rules: ['AwsSolutions-COG4'], resources: OTHER_METHODS, because: REFUSES },
  { rules: ['AwsSolutions-COG4'], resources: SIGNED, because: NOT_COGNITO_IAM },
  {
    rules: both('APIGWCacheEnabledAndEncrypted'),
    resources: STAGE,
    because:
      'is cached method by method, as the routes say: every setting, that of all methods too, says whether it is cached and that the cache is encrypted, which Cachement-MethodCachingExplicit checks',
  },
  {
    rules: both('APIGWSSLEnabled'),
    resources: STAGE,
    because:
      'integrates functions only, which API Gateway calls as itself by their permissions; a client certificate is for a back end over HTTP',
  },
  {
    rules: ['AwsSolutions-APIG3', 'NIST.800.53.R5-APIGWAssociatedWithWAF'],
    resources: STAGE,
    presets: SMALL,
    because:
      'is of a stage for trial, without the rules of prod, which cost by the month; throttling bounds it, and writes need IAM',
  },

  // Edge
  {
    rules: ['AwsSolutions-CFR1'],
    resources: DISTRIBUTION,
    because: 'serves public reads to every country; a restriction is a decision of whoever runs it, in the web ACL',
  },
  {
    rules: ['AwsSolutions-CFR2'],
    resources: DISTRIBUTION,
    presets: [...SMALL, 'platform'],
    because:
      'has no web ACL: AWS WAF keeps those of the edge in us-east-1, and they cost by the month; a stage for trial does without, a platform is given one from a stack there. prod has one, as the API behind it has',
  },
  {
    rules: ['AwsSolutions-CFR4'],
    resources: DISTRIBUTION,
    presets: [...SMALL, 'prod', 'platform'],
    because:
      "uses CloudFront's own name and certificate, for which the policy is fixed; with a domain it is TLSv1.2_2021. Viewers are redirected to HTTPS either way",
  },
  {
    rules: ['AwsSolutions-S1', ...both('S3BucketLoggingEnabled')],
    resources: LOGS,
    because:
      'is a log itself; only CloudFront writes to it, nobody outside of the account reads it, and CloudTrail has who changed it',
  },
  {
    rules: both('S3BucketReplicationEnabled'),
    resources: LOGS,
    because: 'holds 90 days of requests that nothing depends on; S3 keeps them in three zones',
  },
  {
    rules: both('S3BucketVersioningEnabled'),
    resources: LOGS,
    because: 'is written once a file by CloudFront, under names that never come again; there is no older version to keep',
  },
  {
    rules: both('S3DefaultEncryptionKMS'),
    resources: LOGS,
    because:
      "is encrypted by S3's own key: CloudFront delivers as a service outside of the account, and a key of one's own would have to let it in",
  },
];
