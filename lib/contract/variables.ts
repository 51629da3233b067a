/** Names of the environment variables that the infrastructure sets and functions read. */

/** Prefix of every key in the shared tier. */
export const CACHE_NAMESPACE = 'CACHE_NAMESPACE';
/** Configuration endpoint of the cluster, as `host:port`. */
export const SHARED_ENDPOINT = 'SHARED_ENDPOINT';
/** Secret with the credentials of the shared tier. */
export const SHARED_SECRET_ARN = 'SHARED_SECRET_ARN';

/** Prefix of every key in the tier for state. */
export const STATE_NAMESPACE = 'STATE_NAMESPACE';
/** Configuration endpoint of the tier for state, as `host:port`. */
export const STATE_ENDPOINT = 'STATE_ENDPOINT';
/** Secret with the credentials of the tier for state. */
export const STATE_SECRET_ARN = 'STATE_SECRET_ARN';

/** Address of the primary, as `host:port`. */
export const DATABASE_WRITER = 'DATABASE_WRITER';
/** Addresses of the replicas, separated by commas; may be empty. */
export const DATABASE_READERS = 'DATABASE_READERS';
/** Name of the database. */
export const DATABASE_NAME = 'DATABASE_NAME';
/** Secret of the role that the function connects with. */
export const DATABASE_SECRET_ARN = 'DATABASE_SECRET_ARN';
/** Connections of one environment to one server. */
export const DATABASE_POOL_SIZE = 'DATABASE_POOL_SIZE';
/** Secret of the role that the migration creates for functions that read. */
export const DATABASE_READER_SECRET_ARN = 'DATABASE_READER_SECRET_ARN';
/** Secret of the role that the migration creates for functions that write. */
export const DATABASE_WRITER_SECRET_ARN = 'DATABASE_WRITER_SECRET_ARN';
/** Secret of the role that the migration creates for the functions of the purge path. */
export const DATABASE_KEEPER_SECRET_ARN = 'DATABASE_KEEPER_SECRET_ARN';

/** Name of the event bus of purges. */
export const BUS_NAME = 'BUS_NAME';

/** Drain, in seconds: how long the inner tiers may serve an old value after the shared tier's acknowledgement. */
export const DRAIN_SECONDS = 'DRAIN_SECONDS';
/** Time in which purges share a flush of the gateway, in milliseconds. */
export const GATEWAY_WINDOW_MS = 'GATEWAY_WINDOW_MS';
/** Path by template of the tags that name one key of the stage cache, as JSON. */
export const GATEWAY_EXACT_TAGS = 'GATEWAY_EXACT_TAGS';
/** Time for which a batch for the edge is open, in milliseconds. */
export const EDGE_WINDOW_MS = 'EDGE_WINDOW_MS';
/** Items a month that the edge may cost; 0 is as many as there are. */
export const EDGE_MONTHLY_ITEMS = 'EDGE_MONTHLY_ITEMS';
/** Parent tag by template of a tag, as JSON. */
export const EDGE_PARENT_TAGS = 'EDGE_PARENT_TAGS';
/** Number of tags of one parent from which on the parent is purged instead. */
export const EDGE_ESCALATE_FROM = 'EDGE_ESCALATE_FROM';
/** Queue that the executor reads, and to which it defers its own messages. */
export const EDGE_QUEUE_URL = 'EDGE_QUEUE_URL';

/** Path by name of the routes that are cached, with a `?` where they have query strings, as JSON. */
export const CACHE_ROUTES = 'CACHE_ROUTES';

/** Bucket of a site's files. */
export const SITE_BUCKET = 'SITE_BUCKET';

/** Id of the distribution. */
export const DISTRIBUTION_ID = 'DISTRIBUTION_ID';
/** Base URL of the edge, without a slash in the end. */
export const EDGE_URL = 'EDGE_URL';
/** Id of the REST API. */
export const REST_API_ID = 'REST_API_ID';
/** Name of the API's stage. */
export const API_STAGE_NAME = 'API_STAGE_NAME';
/** Base URL of the API, with its stage and a slash in the end. */
export const API_URL = 'API_URL';
/** Methods whose responses the stage keeps, such as `/~1products~1{id}/GET`, as JSON. */
export const CACHED_METHODS = 'CACHED_METHODS';
/** Path of the route that lists purged keys. */
export const PURGED_KEYS_PATH = 'PURGED_KEYS_PATH';
/** Id of the shared tier's replication group. */
export const REPLICATION_GROUP_ID = 'REPLICATION_GROUP_ID';
