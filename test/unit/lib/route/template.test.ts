import { routeTags, tagValue, templateParameters } from '../../../../lib/route';
import { defineRoute } from '../../../../lib/route/route';
import { fillTemplate, pathMatcher, tagMatcher } from '../../../../lib/route/template';

test('the parameters of a template are in the order of their braces', () => {
  expect(templateParameters('/a/{b}/{c2}/{d-e}')).toEqual(['b', 'c2']);
});

describe('a template is filled', () => {
  test('with a value for each parameter, as it is', () => {
    expect(fillTemplate('photo:{id}:{size}', (name) => `$&-${name}`)).toBe('photo:$&-id:$&-size');
  });

  test('not at all where one of them has no value', () => {
    expect(fillTemplate('photo:{id}:{size}', (name) => (name === 'id' ? '7' : undefined))).toBeUndefined();
  });
});

describe('a tag is of a template', () => {
  test.each([
    ['place:{id}', 'place:7', { id: '7' }],
    ['photo:{id}:{size}', 'photo:a%2fb:big', { id: 'a%2fb', size: 'big' }],
    ['{country}.places', 'de.places', { country: 'de' }],
    ['places', 'places', {}],
    ['same:{id}:{id}', 'same:7:7', { id: '7' }],
  ])('%s has %s', (template, tag, values) => {
    expect(tagMatcher(template)(tag)).toEqual(values);
  });

  test.each([
    ['place:{id}', 'place:'],
    ['place:{id}', 'place:7:big'],
    ['place:{id}', 'xplace:7'],
    ['place:{id}', 'place:7\n'],
    ['place:{id}', 'place:a/b'],
    ['{country}.places', 'de-places'],
    ['same:{id}:{id}', 'same:7:8'],
  ])('%s has not %j', (template, tag) => {
    expect(tagMatcher(template)(tag)).toBeUndefined();
  });

  test('whatever the value that it was made of', () => {
    const route = defineRoute({ name: 'r', path: '/r/{id}', tags: ['r:{id}'], freshness: { sharedTtlSeconds: 1 } });
    for (const id of ['7', 'A b', "!'()*~", 'a:b/c,d#e', 'ü', '{id}', 'constructor']) {
      expect(tagMatcher('r:{id}')(routeTags(route, { id })[0]!)).toEqual({ id: tagValue(id) });
    }
  });
});

describe('a path is of a template', () => {
  test('by whole segments, whose values stay encoded', () => {
    const match = pathMatcher('/v1.2/{a}/x~y/{b}');
    expect(match('/v1.2/A%2Fb/x~y/c:d')).toEqual({ a: 'A%2Fb', b: 'c:d' });
    for (const path of ['/v112/a/x~y/c', '/v1.2/a/x~y/', '/v1.2/a/x~y/c/', '/v1.2/a/b/x~y/c'])
      expect(match(path)).toBeUndefined();
  });
});
