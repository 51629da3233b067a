import { connectionFromEnvironment, type Handler, Problem, type ProxyEvent, type Response } from 'cachement/functions';
import { limitHeaders, RateLimiter } from 'cachement/patterns/rate-limit';
import { UsageMeter } from 'cachement/patterns/usage';
import type { RedisConnection } from 'cachement/runtime';
import type { Tenant } from './tenants';

/** Name of the rows that are billed to the cent, beside the counters of `usage`. */
export const EXPORTS = 'exports';

/** Counters of what tenants ask for, on the tier that evicts nothing. */
export const usageOf = (connection: RedisConnection = connectionFromEnvironment('state')) =>
  new UsageMeter({ connection, name: 'api' });

/** Quota of a day, by the tenant's plan. While the tier can't answer everybody is let in: the limits of routes still hold. */
export const quotaOf = (connection: RedisConnection = connectionFromEnvironment('state')) =>
  new RateLimiter({
    connection,
    name: 'quota',
    algorithm: 'fixed-window',
    limit: 1000,
    windowSeconds: 86_400,
    onUnavailable: 'allow',
  });

/** Answer to a tenant. */
type Answer = (tenant: Tenant, request: Parameters<Handler>[0]) => Promise<Response>;

/** Makes handlers for tenants of answers: each needs a key, is one of the day's quota, and counts. */
export function metered(authenticate: (event: ProxyEvent) => Promise<Tenant>, connection?: RedisConnection) {
  const usage = usageOf(connection);
  const quota = quotaOf(connection);
  return (meter: string, answer: Answer): Handler =>
    async (request) => {
      const event = request.event as ProxyEvent;
      const tenant = await authenticate(event);
      const decision = await quota.consume(tenant.id, { limit: tenant.requestsPerDay });
      if (!decision.allowed)
        throw new Problem(429, `the ${decision.limit} requests of today are used up`, limitHeaders(decision));
      const response = await answer(tenant, request);
      // The gateway's id, which no tenant chooses: sent again after a failure it counts once. The request itself doesn't fail.
      const { requestId: eventId } = event.requestContext as { readonly requestId: string };
      const record = () => usage.record({ eventId, tenant: tenant.id, meter });
      await record()
        .catch(record)
        .catch((error) => console.error(`a request of ${tenant.id} isn't counted: ${error}`));
      return response;
    };
}
