import { Cache, RedisStore } from '../../../lambdas/runtime';
import { MaterializedView, type MaterializedViewOptions } from '../../../lambdas/runtime/patterns/materialized-view';
import { OneValue } from '../../support/cache-processes';
import { waitFor } from '../../support/wait-for';
import type { PatternCluster } from './cluster';

export function cases(shared: () => PatternCluster): void {
  const namespace = 'views';

  /** A query that counts how often it runs, and how many times at once. */
  class Query {
    runs = 0;
    running = 0;
    most = 0;
    gate: Promise<unknown> = Promise.resolve();
    failure: Error | undefined;

    readonly compute = async () => {
      const run = ++this.runs;
      this.most = Math.max(this.most, ++this.running);
      await this.gate;
      this.running--;
      if (this.failure) throw this.failure;
      return { revenue: run };
    };
  }

  function open(name: string, query: Query, options: Partial<MaterializedViewOptions<{ revenue: number }, undefined>> = {}) {
    const connection = shared().connection({ namespace });
    const cache = new Cache({ shared: new RedisStore(connection), source: new OneValue() });
    return new MaterializedView({ cache, name, everySeconds: 600, compute: query.compute, ...options });
  }

  test('four processes at their start, two schedules and a request compute once', async () => {
    const query = new Query();
    let letGo = () => {};
    query.gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const views = Array.from({ length: 4 }, () => open('revenue', query));
    const reads = views.map((view) => view.get());
    await waitFor('the computation', async () => query.runs === 1);
    expect(await Promise.all(views.map((view) => view.refresh()))).toEqual(views.map(() => 'running'));
    letGo();
    for (const read of await Promise.all(reads)) expect(read).toMatchObject({ value: { revenue: 1 }, stale: false });
    expect(await Promise.all(views.map((view) => view.refresh()))).toEqual(views.map(() => 'fresh'));
    expect(query).toMatchObject({ runs: 1, most: 1 });
    expect(await shared().keysWithoutTtl(namespace)).toEqual([]);
  });

  test('a reader that takes what there is neither computes nor waits for who does', async () => {
    const query = new Query();
    let letGo = () => {};
    query.gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const [view, other] = [open('present', query, { everySeconds: 1, keepSeconds: 600 }), open('present', query)];
    expect(await view.getIfPresent()).toBeUndefined();
    const computing = other.refresh();
    await waitFor('the computation', async () => query.runs === 1);
    expect(await view.getIfPresent()).toBeUndefined();
    letGo();
    await computing;
    expect(await view.getIfPresent()).toMatchObject({ value: { revenue: 1 }, stale: false });
    await waitFor('its age', async () => (await view.getIfPresent())?.stale);
    expect(query.runs).toBe(1);
  });

  test('readers get the last good value, and its age, while a refresh runs or fails', async () => {
    const query = new Query();
    const view = open('stale', query, { everySeconds: 1, keepSeconds: 600 });
    const first = await view.get();
    await waitFor('its age', async () => (await view.get()).stale);
    query.failure = new Error('canceling statement due to statement timeout');
    await expect(view.refresh()).rejects.toThrow('statement timeout');
    expect(await view.get()).toEqual({ ...first, stale: true });
    query.failure = undefined;
    expect(await view.refresh()).toBe('computed');
    expect(await view.get()).toMatchObject({ value: { revenue: 3 }, stale: false });
    expect(query).toMatchObject({ runs: 3, most: 1 });
  });

  test('whoever comes back late with an older result replaces nothing', async () => {
    const late = new Query();
    let letGo = () => {};
    late.gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const view = open('late', late);
    const computing = view.refresh();
    await waitFor('the computation', async () => late.runs === 1);
    // Its process was frozen, and somebody has taken the lease since.
    await shared().asAdministrators((masters) =>
      Promise.all(
        masters.map(async ({ redis }) => {
          for (const key of await redis.keys(`${namespace}:f:*late*computing*`)) await redis.del(key);
        }),
      ),
    );
    const other = new Query();
    other.runs = 41;
    expect(await open('late', other).refresh()).toBe('computed');
    letGo();
    await computing;
    expect(await open('late', new Query()).get()).toMatchObject({ value: { revenue: 42 } });
  });
}
