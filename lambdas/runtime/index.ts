export type { Route, RouteParameters } from '../../lib/route';
export { Cache, type CacheOptions } from './cache';
export { type Clock, systemClock } from './clock';
export type { Codec, Decoded, Encoded } from './codec';
export { type CreateCacheOptions, createCache } from './create-cache';
export { CacheError, type CacheErrorCode } from './errors';
export type { HotKeys, HotKeysOptions } from './hot-keys/hot-keys';
export type { Read } from './kept';
export type { LoadContext, Loader } from './load-context';
export type { BusListener, MemoryBus, Purged } from './memory-bus';
export { Namespace, type NamespacePurge, type ReadOptions, type SetOptions } from './namespace';
export { cacheStatus, type Outcome, type OutcomeReason } from './outcome';
export type { NamespaceFreshness, NamespacePolicy } from './policy';
export type { EntryRef } from './read-parts';
export { type Credentials, type RedisPlace, RedisStore, type RedisStoreOptions } from './redis-store';
export type { InvalidateOptions, Lease, PurgeMode, Put, SharedState, SharedStore, Tag } from './shared';
export type { TelemetryOptions } from './telemetry';
export { Ticket } from './ticket';
export {
  currentVersion,
  type Handle,
  type PostgresServers,
  PostgresVersions,
  type PostgresVersionsOptions,
} from './versions/postgres';
export type { Loaded, LoadRequest, VersionSource } from './versions/source';
export { TimeVersions, type TimeVersionsOptions } from './versions/time';
export type { Version } from './versions/version';
export type { WriteBehind, WriteBehindOptions } from './write-behind/write-behind';
export type { PurgeOptions, StrictOptions } from './write-path';
