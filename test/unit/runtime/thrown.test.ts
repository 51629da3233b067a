import { platform } from '../../support/cache-processes';

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a number', 0],
  ['an empty text', ''],
  ['a text', 'no'],
  ['a frozen error', Object.freeze(new Error('no'))],
  ['an object without a prototype', Object.create(null)],
])('what a loader throws reaches each of its readers as it is: %s', async (_name, thrown) => {
  const things = platform().a.namespace('things', { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 600 } });
  const loader = () => Promise.reject(thrown);
  const read = () =>
    things.getOrSet('1', loader).then(
      () => 'a value',
      (error: unknown) => ({ error }),
    );
  for (const result of await Promise.all([read(), read()])) expect(result).toStrictEqual({ error: thrown });
});
