import {
  cached,
  cacheFromEnvironment,
  connectionFromEnvironment,
  createRouter,
  databaseFromEnvironment,
  type Handle,
  type Handler,
  Problem,
  platformEndpoints,
  uncached,
} from 'cachement/functions';
import { metered, quotaOf, usageOf } from '../metering';
import { renderTenant } from '../page';
import { ratesOf } from '../rates';
import { bill, configuration, limited, plan, rates, resource, tenantPage, usage } from '../routes';
import { checkedId, loadPlan, tenantsOf } from '../tenants';

const database = databaseFromEnvironment();
const cache = cacheFromEnvironment(database);
const tenants = tenantsOf(cache);
const forTenants = metered(tenants.authenticate);
const counters = usageOf();
const quota = quotaOf();
const rateOf = ratesOf();

const thisMonth = (): string => new Date().toISOString().slice(0, 7);

const getPlan: Handler = async ({ parameters, read }) => {
  const id = checkedId(parameters.id);
  return cached(plan, await read(cache, { id }, (handle) => loadPlan(handle, id)));
};

const getResource = forTenants('GET /resource', async ({ id, settings }) => uncached(200, { tenant: id, settings }));

const getRate = forTenants('GET /integrations/rates', async (_, { parameters: { currency = '' } }) => {
  if (!/^[a-z]{3}$/.test(currency)) throw new Problem(400, `'currency' must be three lower case letters, got: '${currency}'`);
  const rate = await rateOf(currency);
  if (!rate) throw new Problem(404, `there is no rate of ${currency}`);
  return uncached(200, rate);
});

const getUsage = forTenants('GET /usage', async ({ id, requestsPerDay }) => {
  const month = thisMonth();
  const [{ total, byMeter }, { remaining }] = await Promise.all([
    counters.month(id, month),
    quota.peek(id, { limit: requestsPerDay }),
  ]);
  return uncached(200, { month, total, byMeter: Object.fromEntries(byMeter), today: { limit: requestsPerDay, remaining } });
});

/** Rows of the bill of this month: hours, which the metering function writes. */
async function loadBill(handle: Handle, tenant: string): Promise<{ meter: string; units: number }[]> {
  const { rows } = await handle.query<{ meter: string; units: number }>(
    `SELECT meter, sum(units)::float8 AS units FROM usage_hours
    WHERE tenant = $1 AND hour >= date_trunc('month', now(), 'UTC') GROUP BY meter ORDER BY meter`,
    [tenant],
  );
  return rows;
}

/** The router has told whose bill it is: the tenant is a part of the key. */
const getBill: Handler = async ({ parameters, read }) =>
  cached(bill, await read(cache, parameters, (handle) => loadBill(handle, `${parameters.caller}`)));

const getLimited: Handler = async () => uncached(200, { answer: 'there you are' });

const getConfiguration: Handler = async ({ parameters }) => {
  const { id, plan, settings } = await tenants.get(checkedId(parameters.id));
  return uncached(200, { id, plan, settings });
};

/** What is counted, and what is billed. */
const getPage: Handler = async ({ parameters }) => {
  const tenant = await tenants.get(checkedId(parameters.id));
  const month = thisMonth();
  const [used, { remaining }, billed] = await Promise.all([
    counters.month(tenant.id, month),
    quota.peek(tenant.id, { limit: tenant.requestsPerDay }),
    loadBill(database.readers[0] ?? database.writer, tenant.id),
  ]);
  const page = renderTenant({ tenant, remaining, month, usage: used, billed });
  return { ...uncached(200, undefined, { 'content-type': 'text/html; charset=utf-8' }), body: page };
};

export const handler = createRouter(
  [
    { route: plan, GET: getPlan },
    ...platformEndpoints({ database, cache }),
    { route: resource, GET: getResource },
    { route: rates, GET: getRate },
    { route: usage, GET: getUsage },
    { route: bill, GET: getBill },
    { route: limited, GET: getLimited },
    { route: configuration, GET: getConfiguration },
    { route: tenantPage, GET: getPage },
  ],
  {
    connection: connectionFromEnvironment('state'),
    caller: async (event) => (await tenants.authenticate(event)).id,
  },
);
