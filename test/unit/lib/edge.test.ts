import { byPrecedence, pathPattern } from '../../../lib/edge/path-pattern';

test.each([
  ['/places/{id}', '/places/*'],
  ['/places', '/places'],
  ['/shops/{shop}/items/{item}', '/shops/*/items/*'],
])('the path %s is the pattern %s', (path, pattern) => {
  expect(pathPattern(path)).toBe(pattern);
});

test('a pattern comes before every other one that takes its requests too', () => {
  const patterns = ['/*', '/places/*', '/places/top', '/places/*/photos', '/places', '/health', '/places/*/photos/*'];
  for (let rotation = 0; rotation < patterns.length; rotation++) {
    const shuffled = [...patterns.slice(rotation), ...patterns.slice(0, rotation)];
    expect(shuffled.sort(byPrecedence)).toEqual([
      '/places/*/photos/*',
      '/places/*/photos',
      '/places/top',
      '/places/*',
      '/health',
      '/places',
      '/*',
    ]);
  }
});
