import { setTimeout as sleep } from 'node:timers/promises';
import { createRouter, uncached } from 'cachement/functions';
import { defineRoute } from 'cachement/route';
import { metered, usageOf } from '../../../examples/saas/metering';
import { KEY_HEADER, resource } from '../../../examples/saas/routes';
import { tenantsOf } from '../../../examples/saas/tenants';
import { Cache, type RedisConnection, RedisStore } from '../../../lambdas/runtime';
import { readCommand } from '../../../lambdas/runtime/connection/run-script';
import { Upstream } from '../../../lambdas/runtime/patterns/upstream';
import { TimeVersions } from '../../../lambdas/runtime/versions/time';
import { seeded } from '../../consistency/random';
import { serve, tell } from '../../support/serve';
import { until } from '../runner/counts';
import { openLoop } from '../runner/open-loop';
import { openTiers, type Tiers } from '../runner/tiers';
import { ENDPOINTS, limitKeys, UPSTREAMS } from './plan';

/** Most requests of a process that are under way: where the machine can't carry more they come later, and none is lost. */
const AT_ONCE = 64;

/** Requests of one process. */
export interface RequestsArgs {
  readonly seed: number;
  readonly perSecond: number;
  readonly count: number;
  /** Share of the counted requests that are counted once more. */
  readonly twice: number;
}

/** What became of them. */
export interface Outcome {
  /** Key of the limit, the epoch milliseconds at which a request was sent and answered, and 1 for an admitted one, of each. */
  readonly journal: Float64Array;
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
  return { handler, usage, tenants, upstreams, database, connections: [shared, state] };
}

/** Resolves once every shard answers: a process that has just begun to connect does without them for a while. */
async function reached(connection: RedisConnection): Promise<void> {
  const keys = Array.from({ length: 64 }, (_, index) => `reached:${index}`);
  const asks = () => Promise.allSettled(keys.map((key) => readCommand(connection, key, (node) => node.exists(key))));
  await until(async () => (await asks()).every(({ status }) => status === 'fulfilled'), 'every shard of a tier');
}

const epoch = (): number => performance.timeOrigin + performance.now();

async function requests({ seed, perSecond, count, twice }: RequestsArgs): Promise<Outcome> {
  const random = seeded(seed);
  const keys = limitKeys();
  const journal: number[] = [];
  let [failed, repeated] = [0, 0];
  const arrivals = { perSecond, random: seeded(seed + 1), goesOn: (index: number) => index < count, atOnce: AT_ONCE };
  await openLoop(arrivals, async (index) => {
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
    if (statusCode === 200 || statusCode === 429) journal.push(key, sent, epoch(), statusCode === 200 ? 1 : 0);
    else failed++;
    if (statusCode === 200 && random.chance(twice)) {
      repeated++;
      await opened.usage.record({ eventId: requestId, tenant: `tenant-${tenant}`, meter: `GET /endpoint-${endpoint}` });
    }
    if (index % 5000 === 4999) tell({ answered: index + 1 });
  });
  return { journal: Float64Array.from(journal), failed, repeated };
}

/** Asks until the settings of a tenant are the new ones. @returns the time at which they were. */
async function sees({ tenant, theme }: { readonly tenant: string; readonly theme: string }): Promise<number> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(5)) {
    if ((await opened.tenants.get(tenant)).settings.theme === theme) return epoch();
  }
  throw new Error(`${tenant} has not got '${theme}' within 30 s`);
}

/** Answers of an upstream: those with a value, and the errors of the others, by their texts. */
export interface Answers {
  values: number;
  readonly unavailable: Map<string, number>;
}

/** Asks each upstream, at a rate of its own. */
async function asks(args: {
  readonly url: string;
  readonly perSecond: number;
  readonly count: number;
  readonly seed: number;
}): Promise<Answers[]> {
  return Promise.all(
    opened.upstreams.map(async (upstream, which) => {
      const answers: Answers = { values: 0, unavailable: new Map() };
      const goesOn = (index: number) => index < args.count;
      await openLoop({ perSecond: args.perSecond, random: seeded(args.seed + which), goesOn }, async () => {
        try {
          await upstream.fetch('oslo', (signal, { etag }) =>
            fetch(`${args.url}/${UPSTREAMS[which]!.name}`, { signal, headers: etag ? { 'if-none-match': etag } : {} }),
          );
          answers.values++;
        } catch (error) {
          const { message } = error as Error;
          answers.unavailable.set(message, (answers.unavailable.get(message) ?? 0) + 1);
        }
      });
      return answers;
    }),
  );
}

export const methods = {
  open: async (tiers: Tiers) => {
    opened = open(tiers);
    await Promise.all(opened.connections.map(reached));
    // Connected, and every tenant known: what is measured begins afterwards.
    for (let tenant = 1; tenant <= 200; tenant++) await opened.tenants.get(`tenant-${tenant}`);
  },
  requests,
  sees,
  asks,
  flush: () => opened.usage.flush(opened.database.writer),
};

serve(methods);
