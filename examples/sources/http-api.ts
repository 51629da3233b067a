import { Cache, type SharedStore } from 'cachement/runtime';
import { TimeVersions } from 'cachement/runtime/versions/time';

/** Client of an API: past whatever caches are before it, or not. */
type Api = (path: string, signal: AbortSignal) => Promise<Response>;

/** A product as the API shows it. */
export interface Product {
  readonly id: string;
  readonly name: string;
}

/** Products of an API, each by its id. @param maxAgeSeconds the longest for which a cache before the API keeps an answer. */
export function productsOf(shared: SharedStore, url: string, maxAgeSeconds: number) {
  const api =
    (headers: Record<string, string>): Api =>
    (path, signal) =>
      fetch(new URL(path, url), { headers, signal });
  const source = new TimeVersions({
    primary: api({ 'cache-control': 'no-cache' }),
    // A cache before the API is a replica that lags: it isn't asked for what was purged since.
    replica: { handle: api({}), maxLagMs: maxAgeSeconds * 1000 },
  });
  const cache = new Cache({ shared, source });
  const products = cache.namespace('products', {
    freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 300, staleIfErrorSeconds: 3600, negativeTtlSeconds: 10 },
  });
  return {
    read: (id: string) =>
      products.getOrSet(id, async (get, { signal }): Promise<Product | undefined> => {
        const response = await get(`/products/${encodeURIComponent(id)}`, signal);
        if (response.status === 404) return undefined; // kept, too, for ten seconds
        if (!response.ok) throw new Error(`the API answered ${response.status}`);
        return (await response.json()) as Product;
      }),
    /** For the webhook by which the API says that a product has changed. */
    changed: (id: string) => products.delete(id),
    close: () => cache.close(),
  };
}
