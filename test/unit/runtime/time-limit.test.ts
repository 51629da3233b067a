import { timeLimited } from '../../../lambdas/runtime/load/time-limit';
import type { VersionSource } from '../../../lambdas/runtime/versions/source';

const untraced = <R>(_: string, run: () => Promise<R>) => run();

/** A source whose answer is the test's. */
const sourceOf = (answer: () => Promise<string>) =>
  timeLimited({ current: answer, load: answer } as unknown as VersionSource<undefined>, 1000, untraced);

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('a source that throws before it has a promise leaves no timer, which would end the process later', async () => {
  const source = sourceOf(() => {
    throw new Error('at once');
  });
  await expect(source.current()).rejects.toThrow('at once');
  expect(jest.getTimerCount()).toBe(0);
});

test('an answer in time leaves no timer', async () => {
  await expect(sourceOf(async () => 'version').current()).resolves.toBe('version');
  expect(jest.getTimerCount()).toBe(0);
});

test('a source without an answer fails once the time is over', async () => {
  const failed = expect(sourceOf(() => new Promise(() => {})).current()).rejects.toThrow("within 'loadTimeoutMs', 1000 ms");
  jest.advanceTimersByTime(1000);
  await failed;
});
