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

/** The first forty products of a category, by name. Whoever changes one purges the category. */
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

/**
 * Products whose name begins with a text, page by page. What it answers is cached within, so that prices are today's. However a
 * text is spelt, it is one search.
 */
export const search: Route = defineRoute({
  name: 'search',
  path: '/search',
  query: { q: { required: true, normalize: ['trim', 'collapse-spaces', 'lowercase', 'unicode'] }, cursor: {} },
});

/** The same as a page, which shows the text as somebody typed it. */
export const searchPage: Route = defineRoute({
  name: 'search-page',
  path: '/pages/search',
  query: { q: { required: true, normalize: ['trim', 'collapse-spaces'] }, cursor: {} },
});

/** Products that are bought most; computed every five minutes. */
export const trends: Route = defineRoute({ name: 'trends', path: '/trending', query: { category: {} } });

/** Revenue by category; computed every five minutes. */
export const dashboard: Route = defineRoute({ name: 'dashboard', path: '/analytics/dashboard' });

/** Pieces that can be had. Never cached outside: whoever buys must not read what was left a minute ago. */
export const stock: Route = defineRoute({ name: 'stock', path: '/products/{id}/stock' });

/** Holds of pieces, and what was paid. */
export const reservations: Route = defineRoute({ name: 'reservations', path: '/reservations' });
export const orders: Route = defineRoute({ name: 'orders', path: '/orders' });

/** Page of a cart with its forms; with the order that has just been made, where there is one. */
export const cart: Route = defineRoute({ name: 'cart', path: '/cart', query: { order: {} } });
export const checkout: Route = defineRoute({ name: 'checkout', path: '/cart/checkout' });

/** Who somebody is: by a cookie, and so never the same for everybody. */
export const login: Route = defineRoute({ name: 'login', path: '/auth/login' });
export const logout: Route = defineRoute({ name: 'logout', path: '/auth/logout' });
export const me: Route = defineRoute({ name: 'me', path: '/auth/me' });

/** Tags of everything that shows a product: what a change of it purges. */
export const tagsOf = ({ id, category }: { readonly id: number; readonly category: string }): string[] => [
  ...routeTags(product, { id: String(id) }),
  ...routeTags(productsOfCategory, { category }),
];
