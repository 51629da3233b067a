/** Defaults that infrastructure and functions must have in common. */

/** Time for which a process uses a tag's version without asking the shared tier again, in seconds. A part of the drain. */
export const TAG_TTL_SECONDS = 1;

/**
 * Time in which purges share a flush of the stage cache, in milliseconds. Four flushes a second are what API Gateway's control
 * plane takes easily; it takes ten calls a second of an account.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
export const GATEWAY_WINDOW_MS = 250;

/**
 * Time for which a batch for the edge is open, in milliseconds: a second, in which a busy writer changes the same row a few
 * times.
 */
export const EDGE_WINDOW_MS = 1000;

/** Items a month that the edge may cost: 0 is as many as there are. */
export const EDGE_MONTHLY_ITEMS = 0;

/**
 * Number of tags of one parent from which on the parent is purged: one item for a hundred is worth refilling what else it has.
 */
export const ESCALATE_FROM = 100;

/** Patches that a function sends in one update of a stage: as many as API Gateway takes. */
export const STAGE_PATCHES_PER_CALL = 80;

/** Folder beside the code of the migration with the SQL of an application; the names of its steps begin with it. */
export const SCHEMA_FOLDER = 'schema';

/** Metadata of a schedule's rule: share of the time, 0 to 1, in which the function that it calls runs. */
export const BUSY_METADATA = 'cachement:busy';
