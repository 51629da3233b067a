import { outerPaths } from '../../../lambdas/platform/administration/outer-paths';
import { defineRoute, entryKey } from '../../../lib/route';

const routes = { place: '/places/{id}', search: '/places?', line: '/lines/{from}/{to}' };

test.each([
  [['place/1/42'], ['/places/42']],
  [['place/1/42', 'place/2/42'], ['/places/42']],
  [['line/1/a%2Fb/c'], ['/lines/a%2Fb/c']],
  [
    ['search/1/q=x', 'search/1'],
    ['/places', '/places?*'],
  ],
  [['products/1/7', '~hash', 'toString/1', '__proto__/1/2', 'place/1'], []],
  [['place/1/*'], ['/places/%2A']],
])('%j are served at %j', (names, paths) => {
  expect(outerPaths(names, routes)).toEqual(paths);
});

test('the path of an entry is the one that its route serves', () => {
  const route = defineRoute({ name: 'line', path: '/lines/{from}/{to}' });
  expect(outerPaths([entryKey(route, { from: 'é b', to: '1' })], routes)).toEqual(['/lines/%C3%A9%20b/1']);
});
