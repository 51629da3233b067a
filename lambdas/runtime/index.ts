export { Cache, type CacheOptions } from './cache';
export { type Clock, systemClock } from './clock';
export { type CreateCacheOptions, createCache } from './create-cache';
export { CacheError, type CacheErrorCode } from './errors';
export { cacheStatus, type Outcome } from './outcome';
export type { Read } from './read-path';
export { type Credentials, RedisStore, type RedisStoreOptions } from './redis-store';
export type { Lease, PurgeMode, SharedState, SharedStore, Tag } from './shared';
export {
  currentVersion,
  type Handle,
  type PostgresServers,
  PostgresVersions,
  type PostgresVersionsOptions,
} from './versions/postgres';
export type { Loaded, LoadRequest, VersionSource } from './versions/source';
export type { Version } from './versions/version';
