import { defineRoute, hours, minutes, type Route, type RouteLimit, routeTags, seconds } from 'cachement/route';

/** Header with a tenant's API key. */
export const KEY_HEADER = 'x-api-key';

/** A limit that each tenant has for each endpoint. Whoever sends a wrong key has it for that key, and gets nothing but 401. */
const eachTenant = (requests: number): RouteLimit => ({
  requests,
  windowSeconds: minutes(1),
  by: 'header',
  header: KEY_HEADER,
  onUnavailable: 'local',
});

/** A plan: everybody reads it, and every tier keeps it. */
export const plan: Route = defineRoute({
  name: 'plan',
  path: '/plans/{id}',
  freshness: {
    memoryTtlSeconds: seconds(1),
    sharedTtlSeconds: hours(24),
    gatewayTtlSeconds: minutes(5),
    edgeTtlSeconds: hours(1),
  },
  tags: ['plan:{id}'],
});

/** Resource that tenants come for. Each request is counted and billed. */
export const resource: Route = defineRoute({ name: 'resource', path: '/resource', limit: eachTenant(100) });

/** Somebody else's exchange rates. */
export const rates: Route = defineRoute({ name: 'rates', path: '/integrations/rates/{currency}', limit: eachTenant(20) });

/** Usage of the tenant that asks. */
export const usage: Route = defineRoute({ name: 'usage', path: '/usage', limit: eachTenant(20) });

/**
 * The bill so far of the tenant that asks: each has entries of its own, within. Its rows are written every five minutes, so that
 * nobody need ask for them more often.
 */
export const bill: Route = defineRoute({
  name: 'bill',
  path: '/bill',
  scope: 'caller',
  freshness: { sharedTtlSeconds: minutes(5) },
  limit: eachTenant(20),
});

/** Trial for anybody, without a key: ten times a minute by address. */
export const limited: Route = defineRoute({
  name: 'limited',
  path: '/limited-endpoint',
  limit: { requests: 10, windowSeconds: minutes(1), by: 'address', algorithm: 'sliding-log', onUnavailable: 'deny' },
});

/** Settings of a tenant, for whoever operates this. */
export const configuration: Route = defineRoute({ name: 'configuration', path: '/tenants/{id}/config' });

/** Rows that were exported for a tenant, which are billed to the cent. */
export const exported: Route = defineRoute({ name: 'exports', path: '/tenants/{id}/exports' });

/** A tenant's usage and limits as a page, for whoever operates this. */
export const tenantPage: Route = defineRoute({ name: 'tenant-page', path: '/tenants/{id}' });

/** Tags of what shows a plan, and of what is known of a tenant. */
export const planTags = (id: string): string[] => routeTags(plan, { id });
export const tenantTag = (id: string): string => `tenant:${id}`;
