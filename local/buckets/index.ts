export type { BucketAccess } from './bucket';
export { BUCKETS_FOLDER, type Buckets, createBuckets } from './buckets';
export { bucketsFromTemplate } from './from-template';
export type { BucketsOptions } from './options';
export { types } from './resource-types';
