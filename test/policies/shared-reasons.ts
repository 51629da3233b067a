/** Presets, functions, resources and reasons that several acknowledgements share. */

export const SMALL = ['local', 'dev'];
export const LARGE = ['prod', 'prod-with-domain'];

/** Functions that are in every stage, by the construct that owns them: their name, and whether they are in the network. */
export const FUNCTIONS: readonly (readonly [path: string, name: string])[] = [
  ['database/Migration/Function', 'migration'],
  ['api/Functions/Reader', 'read-api'],
  ['api/Functions/Writer', 'write-api'],
  ['api/Gateway/RefreshAuthorization/Function', 'stage-settings'],
  ['purge/Purge/Relay', 'relay'],
  ['purge/Purge/Invalidator', 'invalidator'],
  ['purge/Purge/Executor', 'executor'],
  ['operations/Topology/Function', 'topology'],
];
export const SAMPLE_DATA = ['database/SampleData/Function', 'sample-data'] as const;
/** Function of the app's stages only. */
export const WARMER = ['purge/Warmer/Function', 'warmer'] as const;
export const PROBE = ['purge/Probe/Function', 'probe'] as const;
export const STAGES = [...SMALL, ...LARGE];
export const OUTSIDE = ['executor', 'stage-settings', 'topology'];

type Functions = readonly (readonly [path: string, name: string])[];
export const named = (functions: Functions, suffix: string, what: string) =>
  Object.fromEntries(functions.map(([path, name]) => [`${path}${suffix}`, `${what} ${name}`]));
export const only = (...names: string[]) => FUNCTIONS.filter(([, name]) => names.includes(name));

export const INLINE =
  'belongs to one role of one function, and is made, changed and deleted with it; a test lists every action and resource that it allows, so that it is reviewed like a managed policy';
export const NETWORK_INTERFACES =
  'may make network interfaces, which have no ARN before they exist; it is what Lambda itself needs to place the function, and the function has no way to EC2: no endpoint and no NAT';
export const NO_TRACE =
  'sends no traces of its own: every request says in Cache-Status, Server-Timing and one line of log what each tier did and in which time, and the stage of the API traces what comes before it';
export const SYNCHRONOUS =
  'is called by API Gateway, which hands its failure to whoever asked; no event is kept that could be lost';
export const POLLED =
  "is called by an event source mapping; what it fails on stays in its queue, and after five times goes to that queue's dead letters, which an alarm watches";
export const DEPLOYED = 'is called by CloudFormation, which waits for its answer and rolls back without one; its log says why';
export const UNRESERVED =
  'is bounded without a reservation, by what calls it, and takes none of the concurrency that reads and writes have reserved';
export const MAPPED = `${UNRESERVED}: its event source mapping has a maximum concurrency`;
export const SMALL_STAGE =
  'is of a stage for trial; an account must keep 100 unreserved, and a new one has no more than 10, so that reserving would stop its deployment';
export const PASSWORD =
  "is 48 random characters that nobody types, encrypted by the stage's own key, readable by the one role that logs in with it, on an engine that only the functions' security groups reach over TLS; `docs/how-to/maintain.md` says how it is rotated. A rotation by Secrets Manager is a transform that the isolated network can't run, and a password managed by RDS excludes replicas";
export const REPLICA =
  'is a copy that serves reads; when it fails, reads go to another replica or to the primary, which is in two zones in prod, and RDS makes it anew';
export const SAME_AS_SOURCE = 'is encrypted as its source is, which is; RDS refuses to be told for a replica in the same region';
export const REPLICA_PORT =
  'listens on 5433, which is set; the rule looks for a default by the engine, which a replica takes from its source';
export const BACKUPS =
  'has automatic backups with recovery to any second of the last days, kept when it is deleted; a plan of AWS Backup would copy the same';
export const TRIAL_DATA = 'is of a stage for trial that holds sample data only, which is loaded anew when the stack is made';
export const PUBLIC_READ =
  'is a public read: what it answers is in caches that serve everybody. Throttling bounds it, and in prod AWS WAF stands before it';
export const REFUSES = 'answers 404 or 405 and nothing else, by the gateway itself: no function sees it';
export const OPEN_LOCAL =
  "is open on a machine of one's own, whose edge listens on loopback only; every other stage requires IAM here, which is checked when the stage is defined";
export const NOT_COGNITO_PUBLIC = 'is public, see above; there are no users whom a pool could know';
export const NOT_COGNITO_IAM = 'is for services and operators, who sign with IAM; a pool would add a second kind of identity';

export const READS = {
  'api/Gateway/Api/Default/places/{id}/GET/Resource': 'GET /places/{id}',
  'api/Gateway/Api/Default/places/{id}/HEAD/Resource': 'HEAD /places/{id}',
  'api/Gateway/Api/Default/places/GET/Resource': 'GET /places',
  'api/Gateway/Api/Default/places/HEAD/Resource': 'HEAD /places',
  'api/Gateway/Api/Default/places/nearby/GET/Resource': 'GET /places/nearby',
  'api/Gateway/Api/Default/places/nearby/HEAD/Resource': 'HEAD /places/nearby',
  'api/Gateway/Api/Default/places/search/GET/Resource': 'GET /places/search',
  'api/Gateway/Api/Default/places/search/HEAD/Resource': 'HEAD /places/search',
  'api/Gateway/Api/Default/health/GET/Resource': 'GET /health',
  'api/Gateway/Api/Default/health/HEAD/Resource': 'HEAD /health',
};
export const OTHER_METHODS = {
  'api/Gateway/Api/Default/ANY/Resource': 'any method of the root',
  'api/Gateway/Api/Default/{path+}/ANY/Resource': "any method of a path that isn't there",
  'api/Gateway/Api/Default/places/{id}/ANY/Resource': 'any other method of /places/{id}',
  'api/Gateway/Api/Default/places/ANY/Resource': 'any other method of /places',
  'api/Gateway/Api/Default/places/nearby/ANY/Resource': 'any other method of /places/nearby',
  'api/Gateway/Api/Default/places/search/ANY/Resource': 'any other method of /places/search',
  'api/Gateway/Api/Default/purges/{purgeId}/ANY/Resource': 'any other method of /purges/{purgeId}',
  'api/Gateway/Api/Default/purges/ANY/Resource': 'any other method of /purges',
  'api/Gateway/Api/Default/purged-keys/ANY/Resource': 'any other method of /purged-keys',
  'api/Gateway/Api/Default/health/ANY/Resource': 'any other method of /health',
};
export const SIGNED = {
  'api/Gateway/Api/Default/places/{id}/PATCH/Resource': 'PATCH /places/{id}',
  'api/Gateway/Api/Default/purges/{purgeId}/GET/Resource': 'GET /purges/{purgeId}',
  'api/Gateway/Api/Default/purges/{purgeId}/HEAD/Resource': 'HEAD /purges/{purgeId}',
  'api/Gateway/Api/Default/purges/GET/Resource': 'GET /purges',
  'api/Gateway/Api/Default/purges/HEAD/Resource': 'HEAD /purges',
  'api/Gateway/Api/Default/purged-keys/GET/Resource': 'GET /purged-keys',
  'api/Gateway/Api/Default/purged-keys/HEAD/Resource': 'HEAD /purged-keys',
};
export const STAGE = { 'api/Gateway/Api/DeploymentStage.live/Resource': 'the stage of the API' };
export const DISTRIBUTION = { 'edge/Edge/Distribution/Resource': 'the distribution' };
export const GROUP = { 'shared/Shared/ReplicationGroup': 'the replication group' };
export const NOTIFICATIONS = { 'shared/Shared/Notifications/Resource': "the topic of ElastiCache's notifications" };
export const PRIMARY = { 'database/Database/Primary/Resource': 'the primary' };
export const REPLICA_1 = { 'database/Database/Replica1/Resource': 'replica 1' };
export const REPLICA_2 = { 'database/Database/Replica2/Resource': 'replica 2' };
export const LOGS = { 'edge/Edge/Logs/Resource': "the bucket of the edge's access logs" };

/** The API whose keys the executor refreshes, as each preset writes it. */
export const REFRESHED_STAGES = [
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
export const REFRESHES =
  'may refresh any response of one stage, since a purge may name any path; it can have a response made anew, and neither read what needs authorisation nor change anything';
