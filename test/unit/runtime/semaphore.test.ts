import { CacheError } from '../../../lambdas/runtime';
import { newSemaphore } from '../../../lambdas/runtime/load/semaphore';
import { settled } from '../../support/fake-clock';

/** Loads that end when the test says so, by the order in which they began. */
function loads(limit: number) {
  const permitted = newSemaphore(limit);
  const begun: string[] = [];
  const ends = new Map<string, (error?: unknown) => void>();
  const results = new Map<string, Promise<unknown>>();
  const load = (name: string): void => {
    const run = () =>
      new Promise<void>((resolve, reject) => {
        begun.push(name);
        ends.set(name, (error) => (error ? reject(error) : resolve()));
      });
    results.set(
      name,
      permitted(run).then(
        () => 'done',
        (error: CacheError) => error.code ?? 'error',
      ),
    );
  };
  const end = async (name: string, error?: unknown) => {
    ends.get(name)?.(error);
    await settled();
  };
  const overrun = (name: string) => end(name, new CacheError('E_LOAD_TIMEOUT', 'late'));
  return { load, end, overrun, begun, resultOf: (name: string) => results.get(name) };
}

test('loads begin in the order in which they came', async () => {
  const { load, end, begun } = loads(1);
  for (const name of ['a', 'b', 'c']) load(name);
  await end('a');
  await end('b', new Error('of the loader'));
  expect(begun).toEqual(['a', 'b', 'c']);
});

test('the place of a load that took all its time goes to whoever came last: what came with it may hang as well', async () => {
  const { load, end, overrun, begun } = loads(1);
  for (const name of ['hangs', 'hangs too', 'unrelated']) load(name);
  await overrun('hangs');
  expect(begun).toEqual(['hangs', 'unrelated']);
  await end('unrelated');
  expect(begun).toEqual(['hangs', 'unrelated', 'hangs too']);
});

test('who has waited while all places were overrun twice fails, and who came later waits on', async () => {
  const { load, end, overrun, begun, resultOf } = loads(1);
  for (const name of ['first', 'waits', 'second']) load(name);
  await overrun('first');
  load('third');
  await overrun('second');
  await expect(resultOf('waits')).resolves.toBe('E_LOAD_TIMEOUT');
  await end('third');
  await expect(resultOf('third')).resolves.toBe('done');
  expect(begun).toEqual(['first', 'second', 'third']);
});

test('of many that wait each begins once', async () => {
  const { load, end, begun } = loads(3);
  const names = Array.from({ length: 100 }, (_, i) => `${i}`);
  for (const name of names) load(name);
  for (const name of names) await end(name);
  expect(begun).toEqual(names);
});
