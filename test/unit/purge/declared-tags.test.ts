import { exactPaths } from '../../../lib/purge/exact-tags';
import { checkParentTags } from '../../../lib/purge/parent-tags';
import { defineRoute } from '../../../lib/route';

const freshness = { sharedTtlSeconds: 60, gatewayTtlSeconds: 10 };
const place = defineRoute({ name: 'place', path: '/places/{id}', freshness, tags: ['place:{id}', 'places'] });
const photo = defineRoute({ name: 'photo', path: '/places/{id}/{size}', freshness, tags: ['place:{id}'] });
const page = defineRoute({ name: 'page', path: '/pages/{id}', query: { page: {} }, freshness, tags: ['page:{id}'] });

test('a tag that names every parameter of a path is one key of the gateway', () => {
  expect(exactPaths({ 'place:{id}': place })).toEqual({ 'place:{id}': '/places/{id}' });
});

test.each([
  ['is no tag of its route', 'page:{id}', place, "'exactTags': 'page:{id}' must be a tag of its route, got: route 'place'"],
  ['leaves a parameter out', 'place:{id}', photo, 'must name every parameter of the path'],
  ['is of a route with query strings', 'page:{id}', page, 'must be of a route without query strings'],
])('fails when a tag %s', (_, tag, route, message) => {
  expect(() => exactPaths({ [tag]: route })).toThrow(message);
});

test('a parent that is on every response with its tag may stand for it', () => {
  expect(() => checkParentTags({ 'place:{id}': 'places' }, [place, page])).not.toThrow();
});

test('fails when a response has a tag without its parent, or none has it', () => {
  expect(() => checkParentTags({ 'place:{id}': 'places' }, [place, photo])).toThrow(
    "every route with 'place:{id}' must have its parent 'places' too, got: route 'photo' without; add it to its 'tags'",
  );
  expect(() => checkParentTags({ 'shop:{id}': 'shops' }, [place])).toThrow("'shop:{id}' must be a tag of a route");
});
