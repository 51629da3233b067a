import {
  cached,
  cacheFromEnvironment,
  createRouter,
  databaseFromEnvironment,
  type Handler,
  Problem,
  platformEndpoints,
  uncached,
} from 'cachement/functions';
import { SearchResults } from 'cachement/patterns/search-results';
import { readMany } from 'cachement/runtime/read-many';
import { renderProduct, renderSearch } from '../page';
import {
  categoryName,
  findProducts,
  loadCategory,
  loadProduct,
  loadProductsById,
  loadProductWithReviews,
  productId,
} from '../products';
import { dashboard, product, productPage, productsOfCategory, search, searchPage, trends } from '../routes';
import { trendsOf } from '../trends';

const database = databaseFromEnvironment();
const cache = cacheFromEnvironment(database);

const getProduct: Handler = async ({ parameters, read }) => {
  const id = productId(parameters.id);
  return cached(product, await read(cache, { id }, (handle) => loadProduct(handle, id)));
};

const getProducts: Handler = async ({ parameters, read }) => {
  const category = categoryName(parameters.category);
  const list = await read(cache, { category }, (handle) => loadCategory(handle, category));
  return cached(productsOfCategory, { ...list, value: await productsOf(list.value ?? []) });
};

const getPage: Handler = async ({ parameters, read }) => {
  const id = productId(parameters.id);
  const page = await read(cache, { id }, async (handle) => {
    const found = await loadProductWithReviews(handle, id);
    return found && renderProduct(found);
  });
  return cached(productPage, page, { contentType: 'text/html; charset=utf-8' });
};

/** Products of lists: an id is kept in a list, and its product once, whatever lists it is in. */
const items = cache.namespace('items', { freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 900 } });
const results = new SearchResults({ cache, name: 'results', find: (handle, { q }, most) => findProducts(handle, `${q}`, most) });
const { trending, revenue } = trendsOf(cache);

/** The products, in order, by one query for all that aren't cached. */
const productsOf = async (ids: readonly string[]) => [
  ...(await readMany(items, ids, loadProductsById, { tags: (id) => [`product:${id}`] })).values(),
];

async function searched({ q = '', cursor }: Parameters<Handler>[0]['parameters']) {
  if (q === '' || q.length > 200) throw new Problem(400, "'q' must be 1 to 200 characters");
  if (cursor && !/^[\w-]{16}\.\d{1,6}$/.test(cursor)) throw new Problem(400, "'cursor' must be one that came with a page");
  const { ids, expired, ...page } = await results.page({ q }, { cursor: cursor || undefined });
  return { status: expired ? 410 : 200, page: { products: await productsOf(ids), ...page } };
}

const getSearch: Handler = async ({ parameters }) => {
  const { status, page } = await searched(parameters);
  return uncached(status, page);
};

const getSearchPage: Handler = async ({ parameters }) => {
  const { status, page } = await searched(parameters);
  const body = renderSearch(parameters.q ?? '', page.products, page.cursor);
  return { ...uncached(status, undefined, { 'content-type': 'text/html; charset=utf-8' }), body };
};

const getTrends: Handler = async ({ parameters: { category } }) => {
  const { value, generation } = await trending.get(category ? categoryName(category) : 'all');
  return uncached(200, { products: await productsOf(value ?? []), computedAt: generation });
};

const getDashboard: Handler = async () => uncached(200, await revenue.get());

export const handler = createRouter([
  { route: product, GET: getProduct },
  { route: productsOfCategory, GET: getProducts },
  { route: productPage, GET: getPage },
  ...platformEndpoints({ database, cache }),
  { route: search, GET: getSearch },
  { route: searchPage, GET: getSearchPage },
  { route: trends, GET: getTrends },
  { route: dashboard, GET: getDashboard },
]);
