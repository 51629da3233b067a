/**
 * Toolkit for Lambda functions of one's own: a router with responses that every tier caches and purges, the writer's side of a
 * purge, and set-up from the variables that `addClient` sets. Imported as `cachement/functions`.
 */
export type { Handle } from '../runtime/versions/postgres';
export { type CustomResourceEvent, type CustomResourceOptions, customResource } from './custom-resource';
export { closeDatabase, type Database } from './database';
export { createFlusher, type FlusherOptions, type FlushRun } from './flusher';
export {
  cacheFromEnvironment,
  connectionFromEnvironment,
  databaseFromEnvironment,
  type EnvironmentCacheOptions,
  type EnvironmentDatabaseOptions,
  flusherKickFromEnvironment,
  type WriterOptions,
  writerFromEnvironment,
} from './from-environment';
export { authorizedCaller } from './http/caller';
export { type PlatformEndpointsOptions, platformEndpoints } from './http/platform-endpoints';
export { Problem } from './http/problem';
export type { ProxyEvent, Request } from './http/request';
export { type CachedOptions, cached, type Response, uncached } from './http/response';
export { createRouter, type Endpoint, type Handler, type Method, type RouterOptions } from './http/router';
export { type PurgeOptions, requestPurge, type TransactionClient } from './purge/purge-requests';
export type { ComparedKey } from './purge/purged-keys';
export { createWarmer } from './purge/warm';
export type { WarmerOptions, WarmKey, WarmRoute } from './purge/warm-options';
export type { QueueEvent, QueueResponse } from './purge/worker';
export type { Writer } from './purge/writer';
