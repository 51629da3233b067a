import type { RedisConnection } from '../../../lambdas/runtime';
import { Leaderboard, type LeaderboardOptions, rebuildLeaderboard } from '../../../lambdas/runtime/patterns/leaderboards';
import { waitFor } from '../../support/wait-for';
import type { PatternCluster } from './cluster';

/** Numbers below `below`, the same ones for a seed. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export function cases(shared: () => PatternCluster): void {
  const namespace = 'boards';
  const optionsOf = (name: string, options: Partial<LeaderboardOptions>, connection = shared().connection({ namespace })) => {
    const ties = { first: 'first', resolutionSeconds: 60 } as const;
    return { connection, name, maxScore: 1000, ties, ...options };
  };
  const board = (name: string, options: Partial<LeaderboardOptions> = {}, connection?: RedisConnection) =>
    new Leaderboard(optionsOf(name, options, connection));
  const key = (name: string, period: string) => `${namespace}:lb:${name}:{${name}:${period}:0}`;
  const names = (entries: readonly { readonly member: string }[]) => entries.map(({ member }) => member);

  test.each([
    { shards: 1, order: 'high-to-low' },
    { shards: 3, order: 'low-to-high' },
  ] as const)('of many submissions at once each best one is kept, and every place is right: %j', async (options) => {
    const name = `model-${options.shards}`;
    const processes = [0, 1, 2].map(() => board(name, options));
    const low = options.order === 'low-to-high';
    const best = new Map<string, number>();
    const next = random(7);
    const submissions = Array.from({ length: 400 }, () => [`m${next(60)}`, next(12)] as const);
    for (const [member, score] of submissions) {
      const known = best.get(member);
      best.set(member, known === undefined ? score : low ? Math.min(known, score) : Math.max(known, score));
    }
    await Promise.all(submissions.map(([member, score], i) => processes[i % 3]!.submit(member, score)));

    const [reader] = processes;
    const all = await reader!.top(1000);
    expect(new Map(all.map(({ member, score }) => [member, score]))).toEqual(best);
    const scores = all.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => (low ? a - b : b - a)));
    expect(all.map(({ rank }) => rank)).toEqual(all.map((_, i) => i + 1));

    const positions = await Promise.all(all.map(({ member }) => reader!.rank(member, { around: 2 })));
    expect(positions).toEqual(
      all.map(({ rank, score }, i) => ({ rank, score, total: all.length, around: all.slice(Math.max(0, i - 2), i + 3) })),
    );
    const pages = [];
    for (let cursor: string | undefined, first = true; first || cursor; first = false) {
      const page = await reader!.page(cursor, { limit: 7 });
      pages.push(...page.entries);
      cursor = page.cursor;
    }
    expect(pages).toEqual(all);
    expect(await reader!.rank('nobody')).toBeUndefined();
  });

  test.each([
    ['first', ['early', 'late']],
    ['last', ['late', 'early']],
  ] as const)('of equal scores the one that was reached %s is first', async (first, expected) => {
    const ties = board(`ties-${first}`, { period: 'hour', ties: { first, resolutionSeconds: 0.001 } });
    await ties.submit('early', 5);
    // The servers' clock goes on by more than the resolution.
    const began = Date.now();
    await waitFor('a later time', () => Date.now() > began + 2, { everyMs: 1 });
    await ties.submit('late', 5);
    expect(names(await ties.top(2))).toEqual(expected);
    expect(await ties.submit('early', 4)).toEqual({ changed: false, replicated: false });
    if (first === 'first') expect(await ties.submit('early', 5)).toMatchObject({ changed: false });
    expect(names(await ties.top(2))).toEqual(expected);
  });

  test('a page goes on behind its last member, whatever happens to the others', async () => {
    const moving = board('moving');
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((member, i) => moving.submit(member, 50 - i)));
    const first = await moving.page(undefined, { limit: 2 });
    expect(names(first.entries)).toEqual(['a', 'b']);
    await Promise.all([moving.submit('new', 100), moving.remove('b')]);
    expect(names((await moving.page(first.cursor, { limit: 2 })).entries)).toEqual(['c', 'd']);
  });

  test("a sum isn't doubled by a repetition, and doesn't leave the range", async () => {
    const sums = board('sums');
    const once = () => sums.increment('a', 400, { operationId: 'one' });
    expect(await Promise.all([once(), once(), once()])).toEqual([
      { changed: true, score: 400, replicated: false },
      { changed: false, score: 400, replicated: false },
      { changed: false, score: 400, replicated: false },
    ]);
    // One operation may add to several members: a match, a batch.
    expect(await sums.increment('b', 3, { operationId: 'one' })).toMatchObject({ changed: true, score: 3 });
    await Promise.all(Array.from({ length: 50 }, () => sums.increment('a', 10)));
    expect(await sums.rank('a')).toMatchObject({ score: 900 });
    await expect(sums.increment('a', 101)).rejects.toThrow(/from 0 to 1000, got: 900 and 101 more/);
    await expect(sums.increment('a', -901)).rejects.toMatchObject({ code: 'E_INVALID_ARGUMENT' });
    const low = board('low-sums', { order: 'low-to-high', keep: 'last' });
    await low.increment('a', 7);
    expect(await low.increment('a', -3)).toMatchObject({ score: 4 });
    await low.submit('a', 9);
    expect(await low.rank('a')).toMatchObject({ score: 9 });
  });

  test('periods are boards of their own, and end by themselves', async () => {
    const daily = board('daily', { period: 'day', keepPeriods: 3 });
    const now = new Date();
    const before = daily.at(new Date(now.getTime() - 86_400_000));
    await Promise.all([before.submit('a', 1), daily.at(now).submit('a', 2)]);
    expect(await before.rank('a')).toMatchObject({ score: 1 });
    const client = shared().client();
    const day = now.toISOString().slice(0, 10);
    expect(await client.pexpiretime(key('daily', day))).toBe(Date.parse(day) + 4 * 86_400_000);
    expect(await daily.at(new Date(now.getTime() - 10 * 86_400_000)).submit('a', 1)).toMatchObject({ changed: true });
    expect(await daily.at(new Date(now.getTime() - 10 * 86_400_000)).top(1)).toEqual([]);
  });

  test('only so many members are kept', async () => {
    const short = board('short', { maxMembers: 3 });
    for (const score of [5, 1, 9, 7, 3]) await short.submit(`m${score}`, score);
    expect(names(await short.top(10))).toEqual(['m9', 'm7', 'm5']);
  });

  test('a board that is made anew is read as it was until it is whole, and has what came meanwhile', async () => {
    const options = optionsOf('rebuilt', { shards: 2 });
    const rebuilt = new Leaderboard(options);
    await Promise.all(['stale', 'a', 'b'].map((member) => rebuilt.submit(member, 10)));
    async function* scores() {
      for (let i = 0; i < 1100; i++) yield { member: `m${i}`, score: 20, at: Date.now() };
      expect(await rebuilt.rank('m0')).toBeUndefined();
      await rebuilt.submit('a', 30);
      await rebuilt.submit('b', 5);
      yield { member: 'a', score: 10 };
      yield { member: 'b', score: 10 };
    }
    expect(await rebuildLeaderboard(options, scores())).toEqual({ entries: 1102, published: true });
    expect(await rebuilt.rank('stale')).toBeUndefined();
    expect(await rebuilt.rank('a')).toMatchObject({ rank: 1, score: 30, total: 1102 });
    expect(await rebuilt.rank('b')).toMatchObject({ rank: 1102, score: 10 });

    async function* slower() {
      expect(await rebuildLeaderboard(options, [{ member: 'x', score: 1 }])).toMatchObject({ published: true });
      yield { member: 'y', score: 1 };
    }
    expect(await rebuildLeaderboard(options, slower())).toEqual({ entries: 1, published: false });
    expect(names(await rebuilt.top(10))).toEqual(['x']);
    expect(await rebuildLeaderboard(options, [])).toMatchObject({ published: true });
    expect(await rebuilt.top(10)).toEqual([]);
  });

  test('no key is without an end', async () => {
    expect(await shared().keysWithoutTtl(namespace)).toEqual([]);
  });
}
