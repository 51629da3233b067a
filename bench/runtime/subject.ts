import {
  Cache,
  type CacheOptions,
  type NamespacePolicy,
  type RedisConnectionOptions,
  RedisStore,
  type VersionSource,
} from '../../lambdas/runtime';
import type { Place } from '../../test/support/redis-cluster';

/** Set-up of the library for one measurement; everything else is its default. */
export interface SubjectOptions {
  /** The shared tier; none by default. */
  readonly place?: Place;
  readonly policy: NamespacePolicy;
  readonly store?: Partial<RedisConnectionOptions>;
  readonly cache?: Partial<CacheOptions<undefined>>;
}

const VERSION = '00000001'.padEnd(24, '0');

/** A system of record that costs nothing: what is left is the library. */
const source: VersionSource<undefined> = {
  load: async (loader) => ({ value: await loader(undefined), version: VERSION, origin: 'primary', fillable: true }),
  current: async () => VERSION,
};

/** The library, as one process has it, with one namespace. */
export function openCache({ place, policy, cache: options, store }: SubjectOptions) {
  const user = place?.user;
  const shared =
    place &&
    new RedisStore({
      endpoint: `${place.host}:${place.port}`,
      tls: place.tls ?? false,
      ...(user && { credentials: () => user }),
      namespace: 'bench',
      // The machine is busy with the cluster's six processes when it starts.
      connectBudgetMs: 10_000,
      ...store,
    });
  const cache = new Cache<undefined>({ source, ...(shared && { shared }), memoryMaxBytes: 512 * 1024 * 1024, ...options });
  return { cache, shared, items: cache.namespace('item', policy) };
}
