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
import { page } from '../browser';
import { renderProduct, renderSearch } from '../page';
import {
  categoryName,
  findProducts,
  loadCategory,
  loadProduct,
  loadProductWithReviews,
  productId,
  productReader,
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
  const found = await read(cache, { id }, async (handle) => {
    const product = await loadProductWithReviews(handle, id);
    return product && renderProduct(product);
  });
  return cached(productPage, found, { contentType: 'text/html; charset=utf-8' });
};

const productsOf = productReader(cache);
const results = new SearchResults({ cache, name: 'results', find: (handle, { q }, most) => findProducts(handle, `${q}`, most) });
const { trending, revenue } = trendsOf(cache);

async function searched({ q = '', cursor }: Parameters<Handler>[0]['parameters']) {
  if (q === '' || q.length > 200) throw new Problem(400, "'q' must be 1 to 200 characters");
  if (cursor && !/^[\w-]{16}\.\d{1,6}$/.test(cursor)) throw new Problem(400, "'cursor' must be one that came with a page");
  const { ids, expired, ...rest } = await results.page({ q }, { cursor: cursor || undefined });
  return { status: expired ? 410 : 200, found: { products: await productsOf(ids), ...rest } };
}

const getSearch: Handler = async ({ parameters }) => {
  const { status, found } = await searched(parameters);
  return uncached(status, found);
};

const getSearchPage: Handler = async ({ parameters }) => {
  const { status, found } = await searched(parameters);
  return page(status, renderSearch(parameters.q ?? '', found.products, found.cursor));
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
