/** Limits and defaults of SQS, from the Developer Guide's quotas and `CreateQueue`'s attributes; times in seconds. */
export const DEFAULT_VISIBILITY = 30;
export const MAX_VISIBILITY = 43_200;
export const DEFAULT_RETENTION = 345_600;
export const MAX_DELAY = 900;
export const MAX_WAIT = 20;

/** 1 MiB since August 2025, for a message and for a batch; 256 KiB before. */
export const MAX_MESSAGE_BYTES = 1_048_576;

/** Entries of a batch, and messages of one receive. */
export const MAX_BATCH = 10;

/** Messages of a standard queue that may be in flight at a time. */
export const MAX_IN_FLIGHT = 120_000;
