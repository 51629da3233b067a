import keySlot = require('cluster-key-slot');

import { Redis, type RedisOptions } from 'ioredis';
import type { Place } from '../../../test/support/redis-cluster';
import { serve } from '../../support/serve';
import { monotonicMs } from '../../support/time';
import { openCache } from '../subject';

let items: ReturnType<typeof openCache>['items'];
let shared: ReturnType<typeof openCache>['shared'];

const KEY = (i: number) => `entry-${i}`;
/** Entries that are read again after each purge, so that the next one has something to make a miss of. */
const WATCHED = 50;

serve({
  async open(place: Place): Promise<void> {
    const policy = { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 3600 }, tags: ['million'], strictTags: true };
    ({ items, shared } = openCache({ place, policy }));
    await items.getOrSet(KEY(0), async () => 1);
  },

  /** Writes so many entries as the library would, straight to the master that has them. */
  async fill(masters: RedisOptions[], entries: number): Promise<void> {
    const text = await shared?.get(items.entry(KEY(0)).entryName);
    if (!text) throw new Error('the entry to copy is gone');
    const clients = masters.map((options) => new Redis({ ...options, maxRetriesPerRequest: null }));
    const slots = new Map<number, Redis>();
    for (const client of clients) {
      const myself = String(await client.call('cluster', 'nodes'))
        .split('\n')
        .find((line) => line.includes('myself')) as string;
      for (const range of myself.split(' ').slice(8)) {
        const [from, to = from] = range.split('-').map(Number) as [number, number?];
        for (let slot = from; slot <= (to as number); slot++) slots.set(slot, client);
      }
      await client.config('SET', 'maxmemory', '0');
    }
    const BATCH = 10_000;
    for (let at = 1; at < entries; at += BATCH) {
      const pipelines = new Map(clients.map((client) => [client, client.pipeline()]));
      for (let i = at; i < Math.min(at + BATCH, entries); i++) {
        const { entryName: key } = items.entry(KEY(i));
        pipelines.get(slots.get(keySlot(key)) as Redis)?.set(`bench:v:{${key}}`, text);
      }
      for (const pipeline of pipelines.values()) {
        for (const [error] of (await pipeline.exec()) ?? []) if (error) throw error;
      }
    }
    for (const client of clients) client.disconnect();
  },

  /** Loads the watched entries again, and makes sure that others are there as they were written. */
  async restore(): Promise<void> {
    for (let i = 0; i < WATCHED; i++) await items.getOrSet(KEY(i), async () => 1);
  },

  async hits(entries: number): Promise<number> {
    let hits = 0;
    for (let i = 0; i < 1000; i++) if ((await items.get(KEY(Math.floor((i * entries) / 1000)))) !== undefined) hits++;
    return hits;
  },

  /** @returns when the purge began and ended */
  async purge(): Promise<[number, number]> {
    const began = monotonicMs();
    await items.purge({ tags: ['million'] });
    return [began, monotonicMs()];
  },

  /** Reads watched entries until one of them is a miss. @returns when it was */
  async watch(): Promise<number> {
    for (let i = 0; ; i = (i + 1) % WATCHED) {
      if ((await items.get(KEY(i))) === undefined) return monotonicMs();
    }
  },
});
