import * as path from 'node:path';
import { Child } from '../../../bench/support/child';
import { Cache, type NamespaceFreshness, RedisStore } from '../../../lambdas/runtime';
import { shardedPubSub } from '../../../lambdas/runtime/pub-sub/sharded-pub-sub';
import { OneValue } from '../../support/cache-processes';
import { reach } from '../../support/redis-cluster';
import { waitFor } from '../../support/wait-for';
import type { PatternCluster } from './cluster';

/** Run by Node itself, which jest's modules don't reach. */
const CHILD = path.resolve(__dirname, '../../support/cache-child.ts');

export function cases(shared: () => PatternCluster): void {
  const opened: { close(): unknown }[] = [];
  let other: Child;
  beforeAll(() => {
    other = new Child(CHILD, { execArgv: ['--import', 'tsx'] });
  });
  afterAll(async () => {
    other.kill();
    await Promise.all(opened.map((each) => each.close()));
  });

  const readerOf = (source: OneValue) => () => other.call<{ value: unknown; tier: string }>('read', 'tenant-7', source.value);
  const things = (
    namespace: string,
    source: OneValue,
    freshness: NamespaceFreshness,
    backplane?: ReturnType<typeof shardedPubSub>,
  ) => {
    const store = new RedisStore(shared().connection({ namespace }));
    const cache = new Cache<undefined>({ shared: store, source, ...(backplane && { backplane }) });
    opened.push(cache);
    return cache.namespace('things', { freshness });
  };
  const LONG = { memoryTtlSeconds: 600, sharedTtlSeconds: 3600 };

  test('a change by one process is seen by another, whose memory would keep it for ten minutes, once the bus has told it', async () => {
    const source = new OneValue();
    const place = shared().cluster.place;
    const bus = shardedPubSub(reach(place, 'configured'));
    const configuration = things('configured', source, LONG, bus);
    await other.call('listen', place, 'configured');
    await waitFor('the bus', () => !bus.disconnected);
    const read = readerOf(source);
    await read();
    expect(await read()).toEqual({ value: 'v1', tier: 'memory' });
    await configuration.delete('tenant-7', { version: source.write('v2') });
    await waitFor('the change', async () => (await read()).value === 'v2', { everyMs: 2, timeoutMs: 5000 });
  });

  test('without a bus it is seen within the memory TTL', async () => {
    const source = new OneValue();
    const configuration = things('unheard', source, LONG);
    await other.call('deaf', shared().cluster.place, 'unheard', 1);
    const read = readerOf(source);
    expect((await read()).value).toBe('v1');
    await configuration.delete('tenant-7', { version: source.write('v2') });
    const changed = performance.now();
    let asked = changed;
    await waitFor(
      'the change',
      async () => {
        asked = performance.now();
        return (await read()).value === 'v2';
      },
      { everyMs: 20, timeoutMs: 5000 },
    );
    // What was asked a second after the change, or later, has it: what was before the last question hadn't.
    expect(asked - changed).toBeLessThan(2000);
  });

  test("while the database is away yesterday's configuration is served", async () => {
    const source = new OneValue();
    const configuration = things('away', source, { memoryTtlSeconds: 0, sharedTtlSeconds: 0.05, staleIfErrorSeconds: 86_400 });
    await configuration.getOrSet('tenant-7', async () => 'of yesterday');
    const gone = async (): Promise<string> => Promise.reject(new Error('the database is away'));
    await waitFor('its end', async () => (await configuration.read('tenant-7', gone)).outcome.status === 'stale', {
      everyMs: 10,
    });
    expect(await configuration.getOrSet('tenant-7', gone)).toBe('of yesterday');
  });
}
