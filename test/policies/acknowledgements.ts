import { FLUSHER_ACKNOWLEDGEMENTS } from './flusher-acknowledgements';
import type { Acknowledgement } from './review';
import {
  BACKUPS,
  DEPLOYED,
  DISTRIBUTION,
  FUNCTIONS,
  GROUP,
  INLINE,
  LARGE,
  LOGS,
  MAPPED,
  NETWORK_INTERFACES,
  NO_TRACE,
  NOT_COGNITO_IAM,
  NOT_COGNITO_PUBLIC,
  NOTIFICATIONS,
  named,
  OPEN_LOCAL,
  OTHER_METHODS,
  OUTSIDE,
  only,
  PASSWORD,
  POLLED,
  PRIMARY,
  PROBE,
  PUBLIC_READ,
  READS,
  REFRESHED_STAGES,
  REFRESHES,
  REFUSES,
  REPLICA,
  REPLICA_1,
  REPLICA_2,
  REPLICA_PORT,
  SAME_AS_SOURCE,
  SAMPLE_DATA,
  SIGNED,
  SMALL,
  SMALL_STAGE,
  STAGE,
  STAGES,
  SYNCHRONOUS,
  TRIAL_DATA,
  UNRESERVED,
  WARMER,
} from './shared-reasons';
import { SITE_ACKNOWLEDGEMENTS } from './site-acknowledgements';

/** A rule that NIST 800-53 R5 and HIPAA both have. */
const both = (rule: string) => [`NIST.800.53.R5-${rule}`, `HIPAA.Security-${rule}`];

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
      'database/Database/KeeperSecret/Resource': 'the password of the role of the purge path',
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
  ...SITE_ACKNOWLEDGEMENTS,
  ...FLUSHER_ACKNOWLEDGEMENTS,
];
