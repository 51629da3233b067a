import { allows, Behaviors, caches, normalizePath, pathMatcher } from '../../../local/edge/behaviors';
import { behavior, cachePolicy } from '../../support/edge';

describe('a path pattern', () => {
  test.each<[pattern: string, path: string, matches: boolean]>([
    ['/things/*', '/things/1', true],
    ['/things/*', '/things/', true],
    ['/things/*', '/things', false],
    ['things/*', '/things/1', true],
    ['/things', '/things', true],
    ['/things', '/things/1', false],
    ['/Things', '/things', false],
    ['*.jpg', '/a/b.jpg', true],
    ['/*.jpg', '/a/b.jpg', true],
    ['*.jpg', '/a/bxjpg', false],
    ['/a?c', '/abc', true],
    ['/a?c', '/ac', false],
    ['/a/*/c', '/a/x/y/c', true],
    ['/a+b/*', '/a+b/c', true],
    ['*', '/anything', true],
  ])('%s and %s: %s', (pattern, path, matches) => {
    expect(pathMatcher(pattern)(path)).toBe(matches);
  });

  test('the first that matches wins, and the default comes last', () => {
    const [first, second, fallback] = [
      behavior({ pathPattern: '/a/*' }),
      behavior({ pathPattern: '/a/b*' }),
      behavior({ pathPattern: '*' }),
    ] as const;
    const behaviors = new Behaviors([first, second, fallback]);
    expect(behaviors.find('/a/b')).toBe(first);
    expect(behaviors.find('/b')).toBe(fallback);
    expect(new Behaviors([second, first, fallback]).find('/a/b')).toBe(second);
  });

  test('is compared with the normalised path, so that no spelling of a path escapes its behaviour', () => {
    const secret = behavior({ pathPattern: '/secret/*' });
    const behaviors = new Behaviors([secret, behavior()]);
    for (const path of ['/secret/a', '//secret/a', '/x/../secret/a', '/./secret/a', '/%73ecret/a']) {
      expect(behaviors.find(path)).toBe(secret);
    }
  });
});

test.each([
  ['/a/b', '/a/b'],
  ['/a/./b/', '/a/b/'],
  ['/a/../b', '/b'],
  ['/../b', '/b'],
  ['/a//b', '/a/b'],
  ['/%7eu%2f%c3', '/~u%2F%C3'],
  ['/..', '/'],
  ['/', '/'],
])('normalises %s to %s', (path, expected) => {
  expect(normalizePath(path)).toBe(expected);
});

test.each<[string, boolean, boolean]>([
  ['GET', true, true],
  ['HEAD', true, true],
  ['PATCH', true, false],
  ['TRACE', false, false],
])('%s is allowed: %s, cached: %s', (method, allowed, cached) => {
  const all = behavior();
  expect([allows(all, method), caches(all, method)]).toEqual([allowed, cached]);
  expect(caches(behavior({ cachePolicy: cachePolicy({ maxTtlSeconds: 0 }) }), method)).toBe(false);
});
