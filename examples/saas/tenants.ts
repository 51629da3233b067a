import { createHash, timingSafeEqual } from 'node:crypto';
import { type Handle, Problem, type ProxyEvent } from 'cachement/functions';
import { days, minutes, seconds } from 'cachement/route';
import type { Cache } from 'cachement/runtime';
import { KEY_HEADER, planTags, tenantTag } from './routes';

/** A plan as the API shows it. */
export interface Plan {
  readonly id: string;
  readonly requestsPerDay: number;
  readonly centsPerMillion: number;
}

/** Tenant as it is known; its key only as a hash. */
export interface Tenant {
  readonly id: string;
  readonly keyHash: string;
  readonly plan: string;
  readonly requestsPerDay: number;
  readonly settings: Readonly<Record<string, unknown>>;
}

const ID = /^[a-z][a-z0-9-]{0,62}$/;

/** Id of a path, in the one spelling that is asked for. */
export function checkedId(id: string | undefined): string {
  if (id === undefined || !ID.test(id)) throw new Problem(400, `'id' must be lower case letters, digits and '-', got: '${id}'`);
  return id;
}

export async function loadPlan(database: Handle, id: string): Promise<Plan | undefined> {
  const { rows } = await database.query<Plan>(
    `SELECT id, requests_per_day AS "requestsPerDay", cents_per_million AS "centsPerMillion" FROM plans WHERE id = $1`,
    [id],
  );
  return rows[0];
}

async function loadTenant(database: Handle, id: string): Promise<Tenant | undefined> {
  const { rows } = await database.query<Tenant>(
    `SELECT tenants.id, key_hash AS "keyHash", plan, requests_per_day AS "requestsPerDay", settings
    FROM tenants JOIN plans ON plans.id = plan WHERE tenants.id = $1`,
    [id],
  );
  return rows[0];
}

/**
 * Tenants, read with every request and changed once a month: from memory for a second, as a frozen environment hears of no
 * change, then from the shared tier, and for a day where the database is away.
 */
export function tenantsOf(cache: Cache<Handle>) {
  const known = cache.namespace('tenants', {
    freshness: { memoryTtlSeconds: seconds(1), sharedTtlSeconds: minutes(5), staleIfErrorSeconds: days(1) },
  });

  const find = (id: string) =>
    known.getOrSet(
      id,
      async (database, context) => {
        const tenant = await loadTenant(database, id);
        if (tenant) context.tag(...planTags(tenant.plan));
        return tenant;
      },
      { tags: [tenantTag(id)] },
    );

  return {
    /** The tenant of an id. @throws {Problem} 404 */
    async get(id: string): Promise<Tenant> {
      const tenant = await find(id);
      if (!tenant) throw new Problem(404, `there is no tenant ${id}`);
      return tenant;
    },

    /** The tenant of a request, by its key: `<tenant>.<secret>`. @throws {Problem} 401 */
    async authenticate({ headers }: ProxyEvent): Promise<Tenant> {
      const key = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === KEY_HEADER)?.[1] ?? '';
      const [id = '', secret = ''] = key.split('.', 2);
      const tenant = ID.test(id) ? await find(id) : undefined;
      const hash = createHash('sha256').update(secret).digest();
      if (!tenant || !timingSafeEqual(hash, Buffer.from(tenant.keyHash, 'hex'))) {
        throw new Problem(401, `'${KEY_HEADER}' must be the key of a tenant`);
      }
      return tenant;
    },
  };
}
