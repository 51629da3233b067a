import { defineRoute, hours, minutes, type Route, routeTags, seconds } from 'cachement/route';

/** Times for which each tier keeps what is read: a purge is what ends them early. */
const freshness = {
  memoryTtlSeconds: seconds(1),
  sharedTtlSeconds: hours(24),
  negativeTtlSeconds: minutes(1),
  gatewayTtlSeconds: minutes(5),
  edgeTtlSeconds: hours(1),
};

/** One product by its id. */
export const product: Route = defineRoute({ name: 'product', path: '/products/{id}', freshness, tags: ['product:{id}'] });

/** Products of a category, by name. Whoever changes one purges the category. */
export const productsOfCategory: Route = defineRoute({
  name: 'products-of-category',
  path: '/products',
  query: { category: { required: true } },
  freshness,
  tags: ['category:{category}'],
});

/** The product as a page, rendered on the server. It carries the product's tag: one purge is for both. */
export const productPage: Route = defineRoute({
  name: 'product-page',
  path: '/pages/products/{id}',
  freshness,
  tags: ['product:{id}'],
});

/** Tags of everything that shows a product: what a change of it purges. */
export const tagsOf = ({ id, category }: { readonly id: number; readonly category: string }): string[] => [
  ...routeTags(product, { id: String(id) }),
  ...routeTags(productsOfCategory, { category }),
];
