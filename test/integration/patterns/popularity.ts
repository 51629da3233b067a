import { coverage, Popularity, type PopularityOptions, warmPlan } from '../../../lambdas/runtime/patterns/popularity';
import type { PatternCluster } from './cluster';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export function cases(shared: () => PatternCluster): void {
  const namespace = 'popularity';
  let state = 9;
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  /** A process that counts every read, and reports when it is told to. */
  const process = (name: string, options: Partial<PopularityOptions> = {}) =>
    new Popularity({
      connection: shared().connection({ namespace }),
      name,
      sampleOneIn: 1,
      everySeconds: 3600,
      random,
      ...options,
    });
  const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id);
  const key = (name: string, at: number) => `${namespace}:pp:${name}:{product}:${new Date(at).toISOString().slice(0, 13)}`;

  test('what all processes read together is counted by route, from a sample, about as often as it was read', async () => {
    const processes = [0, 1, 2].map(() => process('sampled', { sampleOneIn: 16 }));
    for (let n = 0; n < 30_000; n++) {
      const rank = Math.floor(random() * random() * 20);
      processes[n % 3]!.count('product', `p${String(rank).padStart(2, '0')}`);
    }
    for (let n = 0; n < 3000; n++) processes[0]!.count('other', 'x');
    await Promise.all(processes.map((each) => each.flush()));
    const top = await processes[1]!.top('product', { limit: 5, last: 7200 });
    expect(ids(top).sort()).toEqual(['p00', 'p01', 'p02', 'p03', 'p04']);
    const all = await processes[1]!.top('product', { last: 7200 });
    const reads = all.reduce((sum, each) => sum + each.reads, 0);
    expect(reads / 30_000).toBeGreaterThan(0.85);
    expect(reads / 30_000).toBeLessThan(1.15);
    expect(ids(await processes[2]!.top('other', { last: 7200 }))).toEqual(['x']);
  });

  test('a process reports what it read most, when it is time, and a list keeps the most of it', async () => {
    const one = process('bounded', { maxReported: 3, maxIds: 2, everySeconds: 0 });
    for (let n = 0; n < 5; n++) one.count('product', 'often');
    await one.flush();
    const two = process('bounded', { maxReported: 2, maxIds: 2 });
    for (let n = 0; n < 500; n++) two.count('product', `rare-${n}`);
    for (let n = 0; n < 9; n++) two.count('product', 'most');
    for (let n = 0; n < 3; n++) two.count('product', 'often');
    await two.flush();
    const list = await two.top('product', { last: 7200 });
    expect(ids(list)).toEqual(['most', 'often']);
  });

  test('a plan has what is declared, of a time of day, popular and predicted, each once; it is judged by what it covered', async () => {
    const of = process('plan');
    const now = Math.floor(Date.now() / HOUR) * HOUR + HOUR / 2;
    const client = shared().client();
    const put = async (at: number, reads: Record<string, number>) => {
      for (const [id, count] of Object.entries(reads)) await client.zadd(key('plan', at), count, id);
      await client.expire(key('plan', at), 3600);
    };
    await put(now, { now: 50, a: 5 });
    await put(now - HOUR, { a: 40, rising: 80, falling: 1, fresh: 30 });
    await put(now - 2 * HOUR, { a: 40, rising: 20, falling: 80 });
    await put(now + HOUR - DAY, { a: 100, rising: 50, falling: 90 });
    await put(now + HOUR - 7 * DAY, { a: 20, weekly: 70 });
    const at = new Date(now + 10 * 60_000).toISOString().slice(11, 16);
    await put(now + 10 * 60_000 - DAY, { timed: 10 });
    expect(await warmPlan(of, 'product', { predicted: 4, now })).toEqual(['rising', 'a', 'weekly', 'fresh']);
    const later = new Date(now + 2 * HOUR).toISOString().slice(11, 16);
    const atTimes = [
      { at, like: 'yesterday' },
      { at: later, like: 'last week' },
    ] as const;
    const plan = await warmPlan(of, 'product', { declared: ['home', 'a'], atTimes, predicted: 2, now });
    expect(plan).toEqual(['home', 'a', 'timed', 'falling', 'rising']);
    expect(await coverage(of, 'product', ['now', 'other'], now)).toBeCloseTo(50 / 55, 9);
    expect(await coverage(of, 'nothing', [], now)).toBe(1);
    await expect(warmPlan(of, 'product', { atTimes: [{ at: '24:00', like: 'yesterday' }] })).rejects.toThrow(/'atTimes.at'/);
  });

  test('no key is without an end', async () => {
    expect(await shared().keysWithoutTtl(namespace)).toEqual([]);
  });
}
