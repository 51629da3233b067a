import { Cache, RedisStore } from '../../../lambdas/runtime';
import { SearchResults, type SearchResultsOptions } from '../../../lambdas/runtime/patterns/search-results';
import { OneValue } from '../../support/cache-processes';
import { waitFor } from '../../support/wait-for';
import type { PatternCluster } from './cluster';

export function cases(shared: () => PatternCluster): void {
  const namespace = 'search';

  /** Products, newest first, as a table would have them. */
  class Products {
    ids = Array.from({ length: 50 }, (_, i) => `p${50 - i}`);
    readonly asked: object[] = [];

    readonly find = async (_: undefined, query: object, most: number) => {
      this.asked.push(query);
      return { ids: this.ids.slice(0, most), total: this.ids.length };
    };
  }

  function open(name: string, products: Products, options: Partial<SearchResultsOptions<undefined>> = {}) {
    const cache = new Cache({ shared: new RedisStore(shared().connection({ namespace })), source: new OneValue() });
    return { cache, search: new SearchResults({ cache, name, find: products.find, ...options }) };
  }

  test('spellings of one query are one search, for all processes', async () => {
    const products = new Products();
    const [a, b] = [open('spelling', products).search, open('spelling', products).search];
    await a.page({ q: '  LapTop  13" ', category: 'Computers' });
    await b.page({ category: 'computers', q: 'laptop 13"' });
    await b.page({ category: 'computers', q: 'laptop 13"', brand: undefined });
    expect(products.asked).toEqual([{ category: 'computers', q: 'laptop 13"' }]);
    await b.page({ q: `laptop ${'x '.repeat(100)}` });
    expect(products.asked[1]).toEqual({ q: 'laptop x x x x x x x' });
    expect(await shared().keysWithoutTtl(namespace)).toEqual([]);
  });

  test("pages agree while products come and go, and the query is run again: doesn't repeat or skip", async () => {
    const products = new Products();
    const { search, cache } = open('pages', products, { maxResults: 45 });
    let page = await search.page({ q: 'lamp' }, { limit: 20 });
    const seen = [...page.ids];
    while (page.cursor) {
      // New ones in front, as an offset would count them, and the query is run again by others.
      products.ids = [`new${seen.length}`, ...products.ids];
      await cache.namespace('pages', { freshness: { sharedTtlSeconds: 300 } }).clear();
      await open('pages', products).search.page({ q: 'lamp' });
      page = await search.page({ q: 'lamp' }, { limit: 20, cursor: page.cursor });
      expect(page).toMatchObject({ expired: false, total: 50 });
      seen.push(...page.ids);
    }
    expect(seen).toEqual(Array.from({ length: 45 }, (_, i) => `p${50 - i}`));
  });

  test("a cursor whose results are gone, or of another query, gives the first page and says so: doesn't shift", async () => {
    const products = new Products();
    const { search } = open('gone', products, { ttlSeconds: 1 });
    const { cursor } = await search.page({ q: 'lamp' }, { limit: 5 });
    expect(await search.page({ q: 'chair' }, { limit: 5, cursor })).toMatchObject({
      expired: true,
      ids: ['p50', 'p49', 'p48', 'p47', 'p46'],
    });
    await waitFor('its end', async () => (await search.page({ q: 'lamp' }, { limit: 5, cursor })).expired);
    await expect(search.page({ q: 'lamp' }, { cursor: 'p50' })).rejects.toMatchObject({ code: 'E_INVALID_ARGUMENT' });
    await expect(search.page({ q: 'lamp' }, { limit: 1000 })).rejects.toMatchObject({ code: 'E_INVALID_ARGUMENT' });
  });
}
