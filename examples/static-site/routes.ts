import { defineRoute, hours, minutes, type Route } from 'cachement/route';

/** What somebody noted on a city. Whatever isn't a route is a file of the site. */
export const note: Route = defineRoute({
  name: 'note',
  path: '/api/notes/{id}',
  freshness: { sharedTtlSeconds: hours(24), gatewayTtlSeconds: minutes(5), edgeTtlSeconds: hours(1) },
  tags: ['note:{id}'],
});
