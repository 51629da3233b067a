import { matchPath, methodOf } from '../../../local/gateway/routing';
import { method, tree } from '../../support/rest-api';

const root = tree(
  ['/', '/things', '/things/{id}', '/things/{id}/parts', '/things/new', '/files/{proxy+}', '/files/{name}/meta', '/{any+}'].map(
    (path) => method(path, 'GET'),
  ),
);

test.each([
  ['/', '/', {}],
  ['/things', '/things', {}],
  ['/things/', '/things', {}],
  ['/things/7', '/things/{id}', { id: '7' }],
  ['/things/7%2F8', '/things/{id}', { id: '7%2F8' }],
  ['/things/new', '/things/new', {}],
  ['/things/7/parts', '/things/{id}/parts', { id: '7' }],
  ['/things/new/parts', '/things/{id}/parts', { id: 'new' }],
  ['/things/7/other', '/{any+}', { any: 'things/7/other' }],
  ['/files/a/b/c', '/files/{proxy+}', { proxy: 'a/b/c' }],
  ['/files/a/meta', '/files/{name}/meta', { name: 'a' }],
  ['/elsewhere', '/{any+}', { any: 'elsewhere' }],
  ['/Things', '/{any+}', { any: 'Things' }],
])('%s leads to %s', (path, resourcePath, pathParameters) => {
  const match = matchPath(root, path);
  expect(match?.resource.path).toBe(resourcePath);
  expect(match?.pathParameters).toEqual(pathParameters);
});

test('a path without a resource leads nowhere', () => {
  expect(matchPath(tree([method('/things/{id}', 'GET')]), '/things/7/parts')).toBeUndefined();
  expect(matchPath(tree([method('/things/{proxy+}', 'GET')]), '/things')).toBeUndefined();
});

test('a method of its own wins over ANY, and there may be neither', () => {
  const { children } = tree([method('/a', 'GET'), method('/a', 'ANY'), method('/b', 'GET')]);
  expect(methodOf(children[0]!, 'GET')?.httpMethod).toBe('GET');
  expect(methodOf(children[0]!, 'DELETE')?.httpMethod).toBe('ANY');
  expect(methodOf(children[1]!, 'DELETE')).toBeUndefined();
});
