import { type Point, type Sample, TimeSeries, type TimeSeriesOptions } from '../../../lambdas/runtime/patterns/time-series';
import { waitFor } from '../../support/wait-for';
import type { PatternCluster } from './cluster';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const LENGTHS = { minute: MINUTE, hour: HOUR, day: DAY } as const;

export function cases(shared: () => PatternCluster): void {
  const namespace = 'series';
  const resolutions = { minute: 24 * 3600, hour: 7 * 86_400, day: 400 * 86_400 };
  const connection = () => shared().connection({ namespace });
  const series = (name: string, options: Partial<TimeSeriesOptions> = {}) =>
    new TimeSeries({ connection: connection(), name, resolutions, ...options });

  /** What the buckets of samples must be. */
  function expected(samples: readonly Sample[], source: string, resolution: keyof typeof LENGTHS): Point[] {
    const buckets = new Map<number, number[]>();
    for (const sample of samples) {
      if (sample.source !== source) continue;
      const at = sample.at - (sample.at % LENGTHS[resolution]);
      buckets.set(at, [...(buckets.get(at) ?? []), sample.value]);
    }
    return [...buckets]
      .sort(([a], [b]) => a - b)
      .map(([at, values]) => {
        const sum = values.reduce((total, value) => total + value, 0);
        const [min, max] = [Math.min(...values), Math.max(...values)];
        return { at, count: values.length, min, max, sum: expect.closeTo(sum, 6), avg: expect.closeTo(sum / values.length, 6) };
      });
  }

  test('of batches by many processes, repeated and out of order, every bucket is what was measured', async () => {
    const processes = [series('model'), series('model'), series('model')];
    const now = Date.now();
    let state = 11;
    const random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const batches = Array.from({ length: 40 }, () =>
      Array.from({ length: 25 }, () => ({
        source: `device ${Math.floor(random() * 3)}`,
        metric: 'temperature',
        value: random() * 100 - 50,
        at: now - Math.floor(random() * 20 * HOUR),
      })),
    );
    // Each is sent, and then all of them again, by another process.
    const send = (offset: number) => {
      const sent = batches.map((batch, i) => processes[(i + offset) % 3]!.record(batch, { batchId: `batch-${i}` }));
      return Promise.all(sent);
    };
    const remembered = await send(0);
    expect(remembered.map(({ recorded }) => recorded)).toEqual(batches.map(() => 25));
    // As many as are remembered of a source.
    const again = await Promise.all(
      batches.slice(-1).map((batch) => processes[0]!.record(batch, { batchId: `batch-${batches.length - 1}` })),
    );
    expect(again).toEqual([{ recorded: 0, duplicates: 25, late: 0, ahead: 0 }]);

    const sources = ['device 0', 'device 1', 'device 2', 'device 3'];
    for (const resolution of ['minute', 'hour', 'day'] as const) {
      const found = await processes[1]!.query({ sources, metric: 'temperature', from: now - 21 * HOUR, to: now + 1, resolution });
      expect([...found.keys()]).toEqual(sources);
      for (const source of sources) expect(found.get(source)).toEqual(expected(batches.flat(), source, resolution));
    }
  });

  test('a query has the buckets that begin in its range, and no others', async () => {
    const ranges = series('ranges');
    const hour = Math.floor(Date.now() / HOUR) * HOUR;
    const samples = [0, 1, 2, 3].map((i) => ({ source: 'a', metric: 'm', value: i, at: hour - i * HOUR }));
    await ranges.record(samples);
    const at = async (from: number, to: number) => {
      const found = await ranges.query({ sources: ['a'], metric: 'm', from, to, resolution: 'hour' });
      return found.get('a')!.map((point) => (hour - point.at) / HOUR);
    };
    expect(await at(hour - 2 * HOUR, hour)).toEqual([2, 1]);
    expect(await at(hour - 2 * HOUR + 1, hour + 1)).toEqual([2, 1, 0]);
    expect(await at(0, Number.MAX_SAFE_INTEGER)).toEqual([3, 2, 1, 0]);
    expect(await at(hour, hour)).toEqual([]);
    expect(await at(hour + 1, hour + 1)).toEqual([]);
  });

  test('a late sample is in the buckets that are still kept; one that none keeps, or of the future, is counted and left out', async () => {
    const late = series('late');
    const now = Date.now();
    const sample = (at: number) => ({ source: 'a', metric: 'm', value: 1, at });
    const samples = [now - 2 * DAY, now - 500 * DAY, now + 4 * MINUTE, now + 6 * MINUTE].map(sample);
    expect(await late.record(samples)).toEqual({ recorded: 2, duplicates: 0, late: 1, ahead: 1 });
    const query = { sources: ['a'], metric: 'm', from: now - 3 * DAY, to: now - DAY };
    expect((await late.query({ ...query, resolution: 'minute' })).get('a')).toEqual([]);
    expect((await late.query({ ...query, resolution: 'hour' })).get('a')).toMatchObject([{ count: 1, min: 1, max: 1 }]);
  });

  test('keys end with the last bucket in them that is kept', async () => {
    const ends = series('ends', { resolutions: { hour: 3600 } });
    const day = Math.floor(Date.now() / DAY) * DAY;
    await ends.record([{ source: 'a', metric: 'm', value: 1, at: Date.now() }]);
    expect(await shared().client().pexpiretime(`${namespace}:ts:ends:{a}:m:h:${day}`)).toBe(day + DAY + HOUR);
  });

  test('a sample that is none stops its batch before anything is recorded', async () => {
    const strict = series('strict');
    const good = { source: 'a', metric: 'm', value: 1, at: Date.now() };
    for (const bad of [
      { ...good, value: Number.NaN },
      { ...good, at: 1.5 },
      { ...good, metric: 'a b' },
      { ...good, source: '' },
    ]) {
      await expect(strict.record([good, bad])).rejects.toMatchObject({ code: 'E_INVALID_ARGUMENT' });
    }
    const query = { sources: ['a'], metric: 'm', from: good.at, to: good.at + 1, resolution: 'hour' } as const;
    expect((await strict.query(query)).get('a')).toEqual([]);
  });

  test('different ids are estimated within two in a hundred, however often each is counted, over several hours', async () => {
    const { uniques } = series('uniques');
    const now = Date.now();
    const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `user-${from + i}`);
    await Promise.all([
      uniques.add('visitors', now, ids(0, 4000)),
      uniques.add('visitors', now, ids(2000, 4000)),
      uniques.add('visitors', now - HOUR, ids(3000, 6000)),
      uniques.add('visitors', now - 30 * DAY, ids(9000, 9100)),
    ]);
    const within = (count: number, expectedCount: number) => Math.abs(count / expectedCount - 1);
    expect(within(await uniques.count('visitors', now - HOUR, now + 1), 6000)).toBeLessThan(0.02);
    expect(within(await uniques.count('visitors', now, now + 1), 4000)).toBeLessThan(0.02);
    expect(await uniques.count('nobody', now, now + 1)).toBe(0);
    expect(await uniques.count('visitors', now, now)).toBe(0);
  });

  test('a batch that was in doubt while its master stood still is repeated, and counted once', async () => {
    const own = shared().connection({ namespace, writeBudgetMs: 250, budgetMs: 250 });
    const safe = new TimeSeries({ connection: own, name: 'safe', resolutions });
    const at = Date.now();
    const batch = (n: number) => [{ source: 'a', metric: 'm', value: n, at }];
    await safe.record(batch(1), { batchId: '1' });
    const client = shared().client();
    const key = `${namespace}:ts:safe:{a}:batches`;
    await waitFor('the replica', async () => (await client.get(key)) !== null);
    await shared().whileFrozen(key, async () => {
      await expect(safe.record(batch(2), { batchId: '2' })).rejects.toMatchObject({
        code: 'E_SHARED_UNAVAILABLE',
        applied: 'unknown',
      });
    });
    const repeat = () => safe.record(batch(2), { batchId: '2' }).catch(() => undefined);
    await waitFor('an answer', repeat);
    expect(await repeat()).toMatchObject({ recorded: 0, duplicates: 1 });
    const query = { sources: ['a'], metric: 'm', from: at, to: at + 1, resolution: 'minute' } as const;
    expect((await safe.query(query)).get('a')).toMatchObject([{ count: 2, sum: 3, min: 1, max: 2 }]);
  });

  test('options are checked', () => {
    const own = connection();
    const made = (options: Partial<TimeSeriesOptions>) => () =>
      new TimeSeries({ connection: own, name: 'a', resolutions, ...options });
    expect(made({ resolutions: {} })).toThrow(/'resolutions' must be at least one of/);
    expect(made({ resolutions: { toString: 5 } as never })).toThrow(/'resolutions' must be of minute, hour, day/);
    expect(made({ resolutions: { minute: 0.5 } })).toThrow(/'resolutions.minute' must be a whole number/);
    expect(made({ resolutions: { minute: 60 }, uniquesBy: 'hour' })).toThrow(/'uniquesBy' must be one that is kept: minute/);
  });

  test('no key is without an end', async () => {
    expect(await shared().keysWithoutTtl(namespace)).toEqual([]);
  });
}
