import { Cache, type CacheOptions } from './cache';
import { type Credentials, RedisStore } from './redis-store';
import { type Handle, type PostgresServers, PostgresVersions } from './versions/postgres';

/** What a cache needs, and every option of {@link CacheOptions}. */
export interface CreateCacheOptions extends Omit<CacheOptions<Handle>, 'shared' | 'source'> {
  /** Begins every key of the shared tier. */
  readonly namespace: string;

  /**
   * The shared tier: its configuration endpoint `host:port`, and the user, who is asked for before the first connection.
   * @default - none: memory and the database only
   */
  readonly shared?: { readonly endpoint: string; readonly credentials: () => Promise<Credentials> | Credentials };

  /** The primary and its replicas. */
  readonly database: PostgresServers;
}

/** A cache over a Redis or Valkey cluster and PostgreSQL, with every default that isn't given otherwise. Connects in the background and never throws. */
export function createCache(options: CreateCacheOptions): Cache<Handle> {
  const { shared, namespace, database, ...others } = options;
  return new Cache<Handle>({
    ...others,
    source: new PostgresVersions(database),
    ...(shared && { shared: new RedisStore({ namespace, ...shared }) }),
  });
}
