import { setTimeout as sleep } from 'node:timers/promises';
import { createRouter, uncached } from 'cachement/functions';
import { defineRoute } from 'cachement/route';
import { metered, usageOf } from '../../../examples/saas/metering';
import { KEY_HEADER, resource } from '../../../examples/saas/routes';
import { tenantsOf } from '../../../examples/saas/tenants';
import { Cache, RedisStore } from '../../../lambdas/runtime';
import { Upstream } from '../../../lambdas/runtime/patterns/upstream';
import { TimeVersions } from '../../../lambdas/runtime/versions/time';
import { seeded } from '../../consistency/random';
import { serve, tell } from '../../support/serve';
import { openTiers, type Tiers } from '../runner/tiers';
import { ENDPOINTS, limitKeys, UPSTREAMS } from './plan';

/** Requests of one process. */
export interface RequestsArgs {
  readonly seed: number;
  readonly perSecond: number;
  readonly count: number;
  /** Share of the counted requests that are counted once more. */
  readonly twice: number;
}

/** What became of them; times are in epoch milliseconds. */
export interface Answered {
  /** Key of the limit, and the times at which an admitted request was sent and answered. */
  readonly admitted: Float64Array;
  readonly denied: number;
  readonly failed: number;
  readonly repeated: number;
}

let opened: ReturnType<typeof open>;

/** The example's own code, with its tiers and limits; each endpoint has the limit of its `/resource`. */
function open(tiers: Tiers) {
  const { cache, shared, state, database } = openTiers(tiers);
  const tenants = tenantsOf(cache);
  const forTenants = metered(tenants.authenticate, state);
  const routes = Array.from({ length: ENDPOINTS }, (_, endpoint) =>
    defineRoute({ name: `endpoint-${endpoint}`, path: `/endpoint-${endpoint}`, limit: resource.limit }),
  );
  const endpoints = routes.map((route) => ({
    route,
    GET: forTenants(`GET ${route.path}`, async ({ id }) => uncached(200, { id })),
  }));
  const handler = createRouter(endpoints, { connection: state });
  const usage = usageOf(state);
  const upstreams = UPSTREAMS.map(
    ({ name, ttlSeconds, calls }) =>
      new Upstream({
        cache: new Cache({ shared: new RedisStore(shared), source: new TimeVersions({ primary: undefined }) }),
        connection: state,
        name,
        freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: ttlSeconds, staleIfErrorSeconds: 60 },
        ...(calls && { budget: { calls, period: 'minute' } }),
      }),
  );
  return { handler, usage, tenants, upstreams, database };
}

const epoch = (): number => performance.timeOrigin + performance.now();

/** Arrivals by chance, whatever was answered by then. */
async function arrivals(perSecond: number, count: number, seed: number, arrive: (index: number) => Promise<void>): Promise<void> {
  const random = seeded(seed);
  const all: Promise<void>[] = [];
  let at = performance.now();
  for (let index = 0; index < count; index++) {
    at += (-Math.log(1 - random.next()) * 1000) / perSecond;
    const wait = at - performance.now();
    if (wait > 1) await sleep(wait);
    all.push(arrive(index));
  }
  await Promise.all(all);
}

async function requests({ seed, perSecond, count, twice }: RequestsArgs): Promise<Answered> {
  const random = seeded(seed);
  const keys = limitKeys();
  const admitted: number[] = [];
  let [denied, failed, repeated] = [0, 0, 0];
  await arrivals(perSecond, count, seed + 1, async (index) => {
    const key = keys.pick(random);
    const { tenant, endpoint } = keys.of(key);
    const requestId = `${seed}-${index}`;
    const sent = epoch();
    const { statusCode } = await opened.handler({
      httpMethod: 'GET',
      path: `/endpoint-${endpoint}`,
      headers: { [KEY_HEADER]: `tenant-${tenant}.trial-${tenant}` },
      requestContext: { requestId },
    });
    if (statusCode === 200) {
      admitted.push(key, sent, epoch());
      if (random.chance(twice)) {
        repeated++;
        await opened.usage.record({ eventId: requestId, tenant: `tenant-${tenant}`, meter: `GET /endpoint-${endpoint}` });
      }
    } else if (statusCode === 429) denied++;
    else failed++;
    if (index % 5000 === 4999) tell({ answered: index + 1 });
  });
  return { admitted: Float64Array.from(admitted), denied, failed, repeated };
}

/** Asks until the settings of a tenant are the new ones. @returns the time at which they were. */
async function sees({ tenant, theme }: { readonly tenant: string; readonly theme: string }): Promise<number> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(5)) {
    if ((await opened.tenants.get(tenant)).settings.theme === theme) return epoch();
  }
  throw new Error(`${tenant} has not got '${theme}' within 30 s`);
}

/** Asks each upstream, at a rate of its own. */
async function asks(args: { readonly url: string; readonly perSecond: number; readonly count: number; readonly seed: number }) {
  const answers = UPSTREAMS.map(() => ({ values: 0, unavailable: 0 }));
  await Promise.all(
    opened.upstreams.map((upstream, which) =>
      arrivals(args.perSecond, args.count, args.seed + which, async () => {
        try {
          await upstream.fetch('oslo', (signal, { etag }) =>
            fetch(`${args.url}/${UPSTREAMS[which]!.name}`, { signal, headers: etag ? { 'if-none-match': etag } : {} }),
          );
          answers[which]!.values++;
        } catch {
          answers[which]!.unavailable++;
        }
      }),
    ),
  );
  return answers;
}

export const methods = {
  open: async (tiers: Tiers) => {
    opened = open(tiers);
    // Connected, and every tenant known: what is measured begins afterwards.
    for (let tenant = 1; tenant <= 200; tenant++) await opened.tenants.get(`tenant-${tenant}`);
  },
  requests,
  sees,
  asks,
  flush: () => opened.usage.flush(opened.database.writer),
};

serve(methods);
