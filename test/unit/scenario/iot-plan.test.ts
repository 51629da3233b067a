import { batchOf, computedTwice, Oracle, READINGS } from '../../../bench/scenario/iot/plan';

const BASE = Date.UTC(2026, 10, 28, 12);

test('a batch is the same in every process', () => {
  expect(batchOf(7, 3, BASE)).toEqual(batchOf(7, 3, BASE));
  expect(batchOf(7, 3, BASE)).not.toEqual(batchOf(8, 3, BASE));
});

test('of batches one in a hundred comes twice, and of readings one in twenty comes hours late', () => {
  const batches = Array.from({ length: 5000 }, (_, index) => batchOf(1, index, BASE));
  const twice = batches.filter(({ twice }) => twice).length;
  expect(twice / batches.length).toBeCloseTo(0.01, 2);
  const late = batches.flatMap(({ batch }) => batch.samples).filter(({ at }) => at < BASE - 600_000).length;
  expect(late / (batches.length * READINGS)).toBeCloseTo(0.05, 2);
});

describe('the oracle', () => {
  const oracle = new Oracle();
  const sample = (value: number, minute: number) => ({ source: 'device-1', metric: 'energy', value, at: BASE + minute * 60_000 });
  oracle.add({ batchId: 'a', samples: [sample(5, 1), sample(7, 2), sample(1, 61)], reports: [] });
  const [first, second] = [
    { at: BASE, count: 2, sum: 12, min: 5, max: 7 },
    { at: BASE + 3_600_000, count: 1, sum: 1, min: 1, max: 1 },
  ] as const;

  test('finds nothing wrong with what it expects', () => {
    expect(oracle.wrongHours(new Map([['device-1', [first, second]]]))).toBe(0);
    expect(oracle.wrongRanks('2026-11-28', [{ member: 'device-1', score: 13, rank: 1 }])).toBe(0);
  });

  test.each([
    ['a hour that is missing', [first]],
    ['a hour that counts twice', [first, { ...second, count: 2, sum: 2 }]],
    ['a hour too many', [first, second, { ...second, at: BASE + 7_200_000 }]],
    ['a least value that raced', [{ ...first, min: 7 }, second]],
  ])('finds %s', (_, points) => {
    expect(oracle.wrongHours(new Map([['device-1', points]]))).toBe(1);
  });

  test('finds a wrong score, a wrong place and a member that is missing', () => {
    const day = '2026-11-28';
    expect(oracle.wrongRanks(day, [{ member: 'device-1', score: 12, rank: 1 }])).toBe(1);
    expect(oracle.wrongRanks(day, [{ member: 'device-1', score: 13, rank: 2 }])).toBe(1);
    expect(oracle.wrongRanks(day, [])).toBe(1);
  });
});

test('a view is computed twice where two computations overlap, or one comes too soon', () => {
  expect(
    computedTwice(
      [
        { began: 0, ended: 50 },
        { began: 95, ended: 99 },
      ],
      100,
    ),
  ).toBe(0);
  expect(
    computedTwice(
      [
        { began: 0, ended: 150 },
        { began: 100, ended: 199 },
      ],
      100,
    ),
  ).toBe(1);
  expect(
    computedTwice(
      [
        { began: 0, ended: 50 },
        { began: 80, ended: 99 },
      ],
      100,
    ),
  ).toBe(1);
});
