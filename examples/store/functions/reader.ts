import {
  cached,
  cacheFromEnvironment,
  createRouter,
  databaseFromEnvironment,
  type Handler,
  platformEndpoints,
} from 'cachement/functions';
import { renderProduct } from '../page';
import { categoryName, loadProduct, loadProducts, productId } from '../products';
import { product, productPage, productsOfCategory } from '../routes';

const database = databaseFromEnvironment();
const cache = cacheFromEnvironment(database);

const getProduct: Handler = async ({ parameters, read }) => {
  const id = productId(parameters.id);
  return cached(product, await read(cache, { id }, (handle) => loadProduct(handle, id)));
};

const getProducts: Handler = async ({ parameters, read }) => {
  const category = categoryName(parameters.category);
  return cached(productsOfCategory, await read(cache, { category }, (handle) => loadProducts(handle, category)));
};

const getPage: Handler = async ({ parameters, read }) => {
  const id = productId(parameters.id);
  const page = await read(cache, { id }, async (handle) => {
    const found = await loadProduct(handle, id);
    return found && renderProduct(found);
  });
  return cached(productPage, page, { contentType: 'text/html; charset=utf-8' });
};

export const handler = createRouter([
  { route: product, GET: getProduct },
  { route: productsOfCategory, GET: getProducts },
  { route: productPage, GET: getPage },
  ...platformEndpoints({ database, cache }),
]);
