import { createClient, createCluster, default as KeyvRedis } from '@keyv/redis';
import { createCache } from 'async-cache-dedupe';
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisDriver } from 'bentocache/drivers/redis';
import { createCache as createCacheManager } from 'cache-manager';
import { Cacheable } from 'cacheable';
import * as ioredis5 from 'ioredis';
import * as ioredis6 from 'ioredis-6';
import { Keyv } from 'keyv';
import { Loader, RedisCache } from 'layered-loader';
import { LRUCache } from 'lru-cache';

/** A TTL that no benchmark outlives. */
const HOUR = 3_600_000;

/**
 * Libraries as a user would set them up who wants them fast, each as a function that reads through its cache: `(key) =>
 * Promise<value>`. `load` is the loader, called with the key.
 */

/** Memory only. @param size how many entries must fit. */
export const memory = {
  /** Hits by reference. FIFO is the fastest of its documented eviction policies, because a hit moves nothing. */
  'layered-loader': async (load, size) => {
    const loader = new Loader({
      inMemoryCache: { cacheType: 'fifo-object', ttlInMsecs: HOUR, maxItems: size },
      dataSourceGetOneFn: load,
    });
    await loader.init();
    return (key) => loader.get(key);
  },
  /** Copies: its default is to keep serialized values. */
  bentocache: async (load, size) => {
    const bento = new BentoCache({
      default: 'memory',
      stores: { memory: bentostore().useL1Layer(memoryDriver({ maxItems: size })) },
    });
    return (key) => bento.getOrSet({ key, factory: () => load(key), ttl: HOUR });
  },
};

/**
 * Shared tier only, on a cluster or a single node.
 *
 * @param place `{ host, port, singleNode, tls: { ca }, user: { username, password } }`; without TLS the last two are missing.
 */
export const shared = {
  bentocache: (load, place) => bentocacheOn(clientOf(ioredis5, place), load),
  'bentocache, pipelining': (load, place) => bentocacheOn(clientOf(ioredis5, place, { enableAutoPipelining: true }), load),
  cacheable: async (load, place) => {
    const cacheable = new Cacheable({ primary: keyv(place), ttl: HOUR });
    return (key) => cacheable.getOrSet(key, () => load(key));
  },
  'cache-manager': async (load, place) => {
    const cache = createCacheManager({ stores: [keyv(place)], ttl: HOUR });
    return (key) => cache.wrap(key, () => load(key));
  },
  'async-cache-dedupe': (load, place) => dedupeOn(clientOf(ioredis5, place), load),
  'async-cache-dedupe, pipelining': (load, place) => dedupeOn(clientOf(ioredis5, place, { enableAutoPipelining: true }), load),
  'layered-loader': (load, place) => layeredOn(clientOf(ioredis6, place), load),
  'layered-loader, pipelining': (load, place) => layeredOn(clientOf(ioredis6, place, { enableAutoPipelining: true }), load),
};

async function bentocacheOn(connection, load) {
  const bento = new BentoCache({
    default: 'shared',
    stores: { shared: bentostore().useL2Layer(redisDriver({ connection, prefix: 'bento' })) },
  });
  return (key) => bento.getOrSet({ key, factory: () => load(key), ttl: HOUR });
}

async function dedupeOn(client, load) {
  const cache = createCache({ ttl: HOUR / 1000, storage: { type: 'redis', options: { client } } });
  cache.define('read', { serialize: (key) => key }, load);
  return (key) => cache.read(key);
}

async function layeredOn(client, load) {
  const loader = new Loader({
    asyncCache: new RedisCache(client, { json: true, ttlInMsecs: HOUR, prefix: 'layered' }),
    dataSourceGetOneFn: load,
  });
  await loader.init();
  return (key) => loader.get(key);
}

function clientOf({ Redis, Cluster }, { host, port, singleNode, tls, user }, options = {}) {
  const connection = { ...user, ...(tls && { tls }), enableReadyCheck: false };
  if (singleNode) return new Redis({ host, port, ...connection, ...options });
  return new Cluster([{ host, port }], {
    dnsLookup: (address, callback) => callback(null, address),
    redisOptions: connection,
    ...options,
  });
}

function keyv({ host, port, singleNode, tls, user }) {
  const url = `${tls ? 'rediss' : 'redis'}://${host}:${port}`;
  const connection = { ...user, ...(tls && { socket: { tls: true, ...tls } }) };
  const client = singleNode
    ? createClient({ url, ...connection })
    : createCluster({ rootNodes: [{ url }], defaults: connection });
  return new Keyv({ store: new KeyvRedis(client), namespace: 'keyv', useKeyPrefix: false });
}

/** @param size how many entries it holds */
export function lruCache(size) {
  return new LRUCache({ max: size });
}
