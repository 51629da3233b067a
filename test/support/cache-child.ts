import { serve, tell } from '../../bench/support/serve';
import { type Backplane, Cache, type Namespace, RedisConnection, RedisStore } from '../../lambdas/runtime';
import { shardedPubSub } from '../../lambdas/runtime/pub-sub/sharded-pub-sub';
import { writeBehind } from '../../lambdas/runtime/write-behind/write-behind';
import { OneValue } from './cache-processes';
import { type Place, reach } from './redis-cluster';
import { waitFor } from './wait-for';

/** A process of its own beside a test's, for what only two processes show, or only the death of one; started with `Child`. */
let things: Namespace<undefined>;

function thingsOf(place: Place, namespace: string, memoryTtlSeconds: number, backplane?: Backplane): Namespace<undefined> {
  const shared = new RedisStore(reach(place, namespace));
  const cache = new Cache<undefined>({ shared, source: new OneValue(), ...(backplane && { backplane }) });
  return cache.namespace('things', { freshness: { memoryTtlSeconds, sharedTtlSeconds: 3600 } });
}

serve({
  /** Opens a cache that keeps for long in memory and hears of purges. */
  async listen(place: Place, namespace: string) {
    const bus = shardedPubSub(reach(place, namespace));
    things = thingsOf(place, namespace, 600, bus);
    await waitFor('the bus', () => !bus.disconnected);
  },

  /** Opens a cache that hears of no purge. */
  deaf(place: Place, namespace: string, memoryTtlSeconds: number) {
    things = thingsOf(place, namespace, memoryTtlSeconds);
  },

  /** @param value what the database has. */
  async read(key: string, value: string) {
    const read = await things.read(key, async () => value);
    return { value: read.value, tier: read.outcome.tier };
  },

  /** Reads queued writes, reports them, and never finishes. */
  consume(place: Place, namespace: string) {
    const flush = (writes: readonly { readonly key: string }[]) => {
      tell(writes.map(({ key }) => key));
      return new Promise<void>(() => {});
    };
    writeBehind({ connection: new RedisConnection(reach(place, namespace)), source: new OneValue(), everyMs: 10, flush });
  },
});
