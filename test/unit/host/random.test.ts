import { logNormal, seededRandom } from '../../../local/host/random';

test('the same seed gives the same sequence, another seed another one, all within [0, 1)', () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 1000 }, () => random());
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(draw(1).every((value) => value >= 0 && value < 1)).toBe(true);
  const mean = draw(7).reduce((sum, value) => sum + value, 0) / 1000;
  expect(mean).toBeGreaterThan(0.45);
  expect(mean).toBeLessThan(0.55);
});

test('a log-normal time has its median in the middle, and its spread above', () => {
  const random = seededRandom(1);
  const times = Array.from({ length: 4000 }, () => logNormal(100, 0.42, random)).sort((a, b) => a - b);
  expect(times[2000]).toBeGreaterThan(95);
  expect(times[2000]).toBeLessThan(105);
  expect(times[3800]).toBeGreaterThan(185);
  expect(times[3800]).toBeLessThan(215);
});
