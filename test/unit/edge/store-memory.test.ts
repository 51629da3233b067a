import { viewerHeaders } from '../../../local/edge/response';
import { Store } from '../../../local/edge/store';
import { storedObject } from '../../../local/edge/stored-object';
import { behavior } from '../../support/edge';
import { freshText, retainedBytes } from '../../support/heap';

/**
 * An object by what it has of everything: bytes of the body, headers, tags and those that each has alone, characters of the query
 * string.
 */
interface Shape {
  readonly count: number;
  readonly body?: number;
  readonly headers?: number;
  readonly tags?: number;
  readonly ownTags?: number;
  readonly query?: number;
}

function fill(store: Store, { count, body = 0, headers = 3, tags = 0, ownTags = 0, query = 0 }: Shape): Store {
  const own = behavior();
  for (let i = 0; i < count; i += 1) {
    const names = [
      ...Array.from({ length: ownTags }, (_, tag) => `product-tag-${i}-${tag}`),
      ...Array.from({ length: tags }, (_, tag) => `shared-tag-${(i * 7 + tag) % 500}`),
    ];
    const raw: string[] = [];
    for (let header = 0; header < headers; header += 1)
      raw.push(freshText(`X-Header-${header}`), freshText(`a value of object ${i}`));
    if (names.length > 0) raw.push(freshText('Cache-Tag'), freshText(names.join(',')));
    const url = freshText(`/things/${i}${query > 0 ? `?q=${'x'.repeat(query)}` : ''}`);
    const response = { status: 200, headers: raw, body: Buffer.concat([Buffer.alloc(body, 1)]) };
    const object = storedObject({ text: url, url }, response, { now: 0, ttlSeconds: 60 }, 'cache-tag');
    object.rendered = { behavior: own, headers: viewerHeaders(object.headers, own, '1.1 edge'), ageSeconds: undefined };
    store.set(object);
  }
  return store;
}

test.each<[string, Shape]>([
  ['without a body', { count: 10_000 }],
  ['with a small body', { count: 8000, body: 200, headers: 8, ownTags: 2 }],
  ['with 50 tags of their own', { count: 1000, body: 100, headers: 8, ownTags: 50 }],
  ['with 50 tags that others have', { count: 2000, body: 100, headers: 8, tags: 50 }],
  ['with a long query string', { count: 5000, body: 50, headers: 5, query: 2000 }],
  ['with a large body', { count: 100, body: 200_000, headers: 10, ownTags: 3 }],
])('objects %s take what is counted, within 1.3 times', (_, shape) => {
  const store = new Store(2 ** 40);
  const taken = retainedBytes(() => fill(store, shape)) / store.bytes;
  expect(taken).toBeLessThan(1.3);
  expect(taken).toBeGreaterThan(1 / 1.3);
});

test('an index of tags that are gone counts nothing', () => {
  const store = fill(new Store(2 ** 40), { count: 100, ownTags: 50, tags: 50 });
  for (const { key } of store.entries()) store.delete(key);
  expect(store.bytes).toBe(0);
});
