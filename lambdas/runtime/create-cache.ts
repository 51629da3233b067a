import { Cache } from './cache';
import { type Credentials, RedisStore } from './redis-store';
import type { TelemetryOptions } from './telemetry';
import { type Handle, type PostgresServers, PostgresVersions } from './versions/postgres';

/** What a cache with every default needs. */
export interface CreateCacheOptions {
  /** Begins every key of the shared tier. */
  readonly namespace: string;

  /**
   * The shared tier: its configuration endpoint `host:port`, and the user, who is asked for before the first connection.
   * @default - none: memory and the database only
   */
  readonly shared?: { readonly endpoint: string; readonly credentials: () => Promise<Credentials> | Credentials };

  /** The primary and its replicas. */
  readonly database: PostgresServers;

  /**
   * Where the counts of reads go.
   * @default - they are counted, and not written
   */
  readonly telemetry?: TelemetryOptions;
}

/** A cache over a Redis or Valkey cluster and PostgreSQL, with every default. Connects in the background and never throws. */
export function createCache(options: CreateCacheOptions): Cache<Handle> {
  const { shared, namespace, telemetry } = options;
  return new Cache<Handle>({
    source: new PostgresVersions(options.database),
    ...(telemetry && { telemetry }),
    ...(shared && { shared: new RedisStore({ namespace, ...shared }) }),
  });
}
