import { defineRoute, hours, minutes, type Route, seconds } from 'cachement/route';

/** One product by its id: what is cached, for how long, and by which name it is purged. */
export const product: Route = defineRoute({
  name: 'product',
  path: '/products/{id}',
  freshness: { memoryTtlSeconds: seconds(1), sharedTtlSeconds: hours(1), negativeTtlSeconds: minutes(1) },
  tags: ['product:{id}'],
});
