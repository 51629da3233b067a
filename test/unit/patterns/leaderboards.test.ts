import { RedisConnection } from '../../../lambdas/runtime';
import { Leaderboard, type LeaderboardOptions } from '../../../lambdas/runtime/patterns/leaderboards';
import { cursorOf, merge, pointOf } from '../../../lambdas/runtime/patterns/leaderboards/members';
import { spanAt } from '../../../lambdas/runtime/patterns/leaderboards/period';

describe('periods', () => {
  const at = (text: string): number => Date.parse(text);

  test.each([
    ['hour', '2026-11-28T13:59:59.999Z', '2026-11-28T13', '2026-11-28T13:00:00Z', '2026-11-28T14:00:00Z'],
    ['day', '2026-11-28T13:59:59.999Z', '2026-11-28', '2026-11-28T00:00:00Z', '2026-11-29T00:00:00Z'],
    ['week', '2026-11-29T23:59:59.999Z', '2026-11-23', '2026-11-23T00:00:00Z', '2026-11-30T00:00:00Z'],
    ['week', '2026-11-30T00:00:00.000Z', '2026-11-30', '2026-11-30T00:00:00Z', '2026-12-07T00:00:00Z'],
    ['month', '2024-02-29T12:00:00.000Z', '2024-02', '2024-02-01T00:00:00Z', '2024-03-01T00:00:00Z'],
    ['month', '2026-12-31T12:00:00.000Z', '2026-12', '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['year', '2026-12-31T12:00:00.000Z', '2026', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
  ] as const)('the %s of %s is %s', (period, time, name, from, to) => {
    expect(spanAt(period, at(time))).toEqual({ name, from: at(from), to: at(to) });
  });
});

describe('options', () => {
  const connection = new RedisConnection({ endpoint: 'localhost:1', namespace: 'n' } as never);
  afterAll(() => connection.close());
  const board = (options: Partial<LeaderboardOptions>) => () =>
    new Leaderboard({ connection, name: 'weekly', maxScore: 1_000_000_000, ...options });

  test("scores and times that don't fit into a double are refused, with what would fit", () => {
    const ties = { first: 'first', resolutionSeconds: 0.001 } as const;
    expect(board({ ties })).toThrow(
      /'maxScore' must be at most 14892854 with 604800000 times of 0.001 s in a week; .*, got: 1000000000/,
    );
    expect(board({ ties, maxScore: 14_892_854 })).not.toThrow();
    expect(board({ ties, maxScore: 14_892_855 })).toThrow(/'maxScore' must be at most 14892854/);
    expect(board({ maxScore: 2 ** 53 - 1 })).not.toThrow();
  });

  test.each([
    [{ name: 'a b' }, /'name' must be letters/],
    [{ order: 'up' as never }, /'order' must be/],
    [{ keep: 'worst' as never }, /'keep' must be/],
    [{ period: '__proto__' as never }, /'period' must be one of hour/],
    [{ ties: { first: 'second' as never } }, /'ties.first' must be/],
    [{ ties: { first: 'first', resolutionSeconds: 0 } }, /'ties.resolutionSeconds' must be/],
    [{ shards: 0 }, /'shards' must be/],
    [{ maxScore: -1 }, /'maxScore' must be/],
  ] satisfies [Partial<LeaderboardOptions>, RegExp][])('%j is refused', (options, message) => {
    expect(board(options)).toThrow(message);
  });

  test.each([1.5, -1, 1_000_000_001, Number.NaN])('a score of %p is refused', async (score) => {
    await expect(board({})().submit('a', score)).rejects.toThrow(/'score' must be a whole number from 0 to 1000000000/);
  });
});

test('members of shards are in one order', () => {
  const of = (shard: number, ...members: [string, number][]) => members.map(([member, number]) => ({ member, number, shard }));
  const merged = merge([of(0, ['d', 9], ['a', 5], ['b', 5]), of(1, ['c', 7], ['z', 5])]);
  expect(merged.map(({ member }) => member).join('')).toBe('dcabz');
});

test('a cursor is what was made of a place, and nothing else', () => {
  const place = { number: 7, shard: 1, member: 'ä{}' };
  expect(pointOf(cursorOf(place))).toEqual(place);
  for (const text of ['', 'x', Buffer.from('[1,2]').toString('base64url'), Buffer.from('{}').toString('base64url')]) {
    expect(() => pointOf(text)).toThrow(/'cursor' must be that of a page/);
  }
});
