import { MAX_REFRESHES, pathOf, refreshPaths } from '../../../lambdas/platform/purge/exact-keys';

const EXACT = { 'place:{id}': '/places/{id}', 'photo:{id}:{size}': '/photos/{size}/{id}', home: '/' };
const purge = (tags: string[], paths: string[] = []) => ({ tags, paths });

test.each([
  ['place:7', '/places/7'],
  ['photo:7:big', '/photos/big/7'],
  ['place:a%2fb', '/places/a%2fb'],
  ['home', '/'],
  ['place:7:big', undefined],
  ['places:7', undefined],
  ['place:', undefined],
  ['homes', undefined],
])('the one request for %s is for %s', (tag, path) => {
  expect(pathOf(EXACT)(tag)).toBe(path);
});

describe('purges are refreshed', () => {
  test('where each of them names its keys, each once', () => {
    expect(refreshPaths([purge(['place:7']), purge(['place:7', 'home']), purge([], ['/places?page=2'])], EXACT)).toEqual([
      '/places/7',
      '/',
      '/places?page=2',
    ]);
  });

  test.each([
    ['a tag that others may carry too', [purge(['place:7', 'country:de'])]],
    ['a wildcard', [purge([], ['/places*'])]],
    ['a purge beside it that names none', [purge(['place:7']), purge(['country:de'])]],
    ['too many', Array.from({ length: MAX_REFRESHES + 1 }, (_, id) => purge([`place:${id}`]))],
    ['nothing', []],
  ])('not where there is %s', (_, purges) => {
    expect(refreshPaths(purges, EXACT)).toBeUndefined();
  });

  test('up to the number that is cheaper than a flush', () => {
    expect(refreshPaths([purge(Array.from({ length: MAX_REFRESHES }, (_, id) => `place:${id}`))], EXACT)).toHaveLength(
      MAX_REFRESHES,
    );
  });
});
