import { Cache, type CacheOptions, RedisStore, type VersionSource } from '../../lambdas/runtime';
import { defineRoute } from '../../lib/route';

/** Where a cluster is, and as whom to sign in. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
  readonly ca: string;
}

/** How the library is set up for one measurement; everything else is its default. */
export interface SubjectOptions {
  /** The shared tier; none by default. */
  readonly place?: Place;
  /** Whether values are kept in memory, longer than any benchmark runs. */
  readonly memory: boolean;
  readonly share?: 'frozen' | 'copy';
  readonly sharedTtlSeconds?: number;
  readonly tags?: readonly string[];
  readonly cache?: Partial<CacheOptions<undefined>>;
}

const VERSION = '00000001'.padEnd(24, '0');

/** A system of record that costs nothing: what is left is the library. */
export const source: VersionSource<undefined> = {
  load: async (loader) => ({ value: await loader(undefined), version: VERSION, origin: 'primary', fillable: true }),
  current: async () => VERSION,
};

/** The library, as one process has it. */
export function openCache({ place, memory, sharedTtlSeconds = 3600, tags = [], cache: options = {} }: SubjectOptions) {
  const shared =
    place &&
    new RedisStore({
      endpoint: `${place.host}:${place.port}`,
      credentials: () => place,
      tls: { ca: place.ca },
      namespace: 'bench',
      // The machine is busy with the cluster's six processes when it starts.
      connectBudgetMs: 10_000,
    });
  const cache = new Cache<undefined>({ source, ...(shared && { shared }), memoryMaxBytes: 512 * 1024 * 1024, ...options });
  const route = defineRoute({
    name: 'item',
    path: '/items/{key}',
    freshness: {
      memoryTtlSeconds: memory ? 3600 : 0,
      sharedTtlSeconds,
      negativeTtlSeconds: 0,
      gatewayTtlSeconds: 0,
      edgeTtlSeconds: 0,
    },
    tags: [...tags],
  });
  const namespace = {
    getOrSet: <T>(key: string, loader: () => Promise<T>) => cache.getOrSet<T>(route, { key }, loader),
  };
  return { cache, namespace, shared };
}
