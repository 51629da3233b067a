import { seeded } from '../../../bench/consistency/random';
import { allowed, exceeded, limitKeys, overBudget } from '../../../bench/scenario/saas/plan';

describe('admissions beyond a limit', () => {
  const at = (...times: number[]) => times.map((sent) => ({ sent, answered: sent + 1 }));

  test('as many as the limit in any window are none', () => {
    expect(exceeded(at(0, 10, 110, 120), 2, 100)).toBe(0);
  });

  test('one more in a window, wherever it begins, is one', () => {
    expect(exceeded(at(90, 100, 110), 2, 100)).toBe(1);
  });

  test('one that may have been decided on after the window is none', () => {
    expect(exceeded([...at(0, 10), { sent: 99, answered: 101 }], 2, 100)).toBe(0);
  });
});

describe('what a limit allows', () => {
  const times = (count: number, from: number) => Array.from({ length: count }, (_, index) => from + index);

  test('is the limit in each window, and a part of it in a last one that is not whole', () => {
    expect(allowed([...times(50, 0), ...times(50, 100), ...times(50, 200)], 20, 100, 250)).toBe(20 + 20 + 10);
  });

  test('is no more than what was asked for', () => {
    expect(allowed([...times(50, 0), ...times(5, 100)], 20, 100, 200)).toBe(25);
  });

  test('is all of it in a first window, however short', () => {
    expect(allowed(times(50, 0), 20, 100, 50)).toBe(20);
  });
});

test('calls beyond a budget are counted by minutes of the clock', () => {
  expect(overBudget([0, 59_999, 60_000, 60_001, 60_002], 2)).toBe(1);
});

test('a tenth of the tenants asks for five times its limit, and all others for half', () => {
  const keys = limitKeys();
  const random = seeded(1);
  const counts = new Map<number, number>();
  const drawn = 400_000;
  for (let index = 0; index < drawn; index++) {
    const key = keys.pick(random);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(counts.size).toBe(1000);
  const saturated = keys.saturated();
  expect(saturated).toHaveLength(100);
  const share = saturated.reduce((sum, key) => sum + counts.get(key)!, 0) / drawn;
  expect(share).toBeCloseTo((20 * 5) / (20 * 5 + 180 * 0.5), 2);
  expect(keys.load).toBe(5 * (20 * 5 + 180 * 0.5));
});
