import type { Cluster } from 'ioredis';
import type { SharedStore, VersionSource } from '../../lambdas/runtime';
import { decodeEntry, encodeEntry, type TagMark } from '../../lambdas/runtime/entry/envelope';
import { InFlight } from '../../lambdas/runtime/load/single-flight';

/**
 * The fill guard with one of its parts taken out, from outside: if a part can be missing without a violation, then the part is of
 * no use, or this benchmark is.
 *
 * - `token`: a fill is accepted whoever holds the lease
 * - `lsn`: no version is asked of a replica because of a purge
 * - `floor`: the floor that a replica must have replayed is read once and never again
 * - `joiner`: a reader takes the result of another's load whatever became of its fill
 * - `tags`: an entry carries the tag versions as they are after its load
 */
export const PARTS = ['token', 'lsn', 'floor', 'joiner', 'tags'] as const;
export type Part = (typeof PARTS)[number];

/** FILL without its first line: the token isn't compared. */
const FILL_WITHOUT_TOKEN = `local least = redis.call('HGET', KEYS[2], 'm')
if redis.call('HGET', KEYS[2], 't') == ARGV[1] then redis.call('HDEL', KEYS[2], 't', 'u') end
if ARGV[2] ~= '' and least and ARGV[2] < least then return 0 end
redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[3])
return 1`;

/** `object` with some of its methods replaced. */
export function replacing<T extends object>(object: T, methods: Partial<T>): T {
  return new Proxy(object, {
    get(target, name) {
      const replaced = methods[name as keyof T];
      if (replaced) return replaced;
      const own = target[name as keyof T];
      // A class with private fields must be called on itself.
      return typeof own === 'function' ? own.bind(target) : own;
    },
  });
}

export function withoutToken(store: SharedStore, client: Cluster, namespace: string): SharedStore {
  return replacing<SharedStore>(store, {
    fill: async (key, token, version, ttlMs, entry) => {
      const keys = [`${namespace}:v:{${key}}`, `${namespace}:f:{${key}}`];
      return (await client.eval(FILL_WITHOUT_TOKEN, 2, ...keys, token, version ?? '', ttlMs, entry)) === 1;
    },
  });
}

export function withoutLsn<Handle>(store: SharedStore, source: VersionSource<Handle>): [SharedStore, VersionSource<Handle>] {
  return [
    replacing<SharedStore>(store, { fill: (key, token, _, ttlMs, entry) => store.fill(key, token, undefined, ttlMs, entry) }),
    replacing<VersionSource<Handle>>(source, {
      load: (loader, { minVersion: _, ...request }) => source.load(loader, request),
    }),
  ];
}

export function withoutJoinerRule(): void {
  const all = function (this: InFlight) {
    this.admitted = Number.POSITIVE_INFINITY;
  };
  InFlight.prototype.admit = all;
  InFlight.prototype.reject = all;
}

export function withoutCapture(store: SharedStore): SharedStore {
  return replacing<SharedStore>(store, {
    fill: async (key, token, version, ttlMs, text) => {
      const entry = decodeEntry(text);
      if (!entry) return store.fill(key, token, version, ttlMs, text);
      const tags = await Promise.all(
        entry.header.tags.map(async (mark): Promise<TagMark> => {
          const now = await store.getTag(mark.tag);
          return { tag: mark.tag, deleted: now?.deleted ?? mark.deleted, expired: now?.expired ?? mark.expired };
        }),
      );
      return store.fill(key, token, version, ttlMs, encodeEntry({ ...entry.header, tags }, text.slice(text.indexOf('\n') + 1)));
    },
  });
}
