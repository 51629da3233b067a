import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Cache, type Credentials, RedisStore } from 'cachement/runtime';
import { type Handle, PostgresVersions } from 'cachement/runtime/versions/postgres';
import { Pool } from 'pg';
import { product } from './route.js';

/** A request: a price changes the product, and none reads it. */
export interface CatalogueEvent {
  readonly id: string;
  readonly price?: number;
}

interface Product {
  readonly id: string;
  readonly price: number;
}

/** What both tiers' `addClient` sets. */
function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`environment variable '${name}' must be set`);
  return value;
}

const secrets = new SecretsManagerClient();

async function credentials(arn: string): Promise<Credentials> {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: arn }));
  return JSON.parse(SecretString ?? '{}');
}

const databaseUser = credentials(variable('DATABASE_SECRET_ARN'));
// An error is that of the first query which needs it, not of the process.
databaseUser.catch(() => {});

function pool(server: string): Pool {
  const { hostname, port } = new URL(`postgres://${server}`);
  const created = new Pool({
    host: hostname,
    port: Number(port),
    database: variable('DATABASE_NAME'),
    user: 'cachement_writer',
    password: async () => (await databaseUser).password,
    max: Number(variable('DATABASE_POOL_SIZE')),
    ssl: true,
  });
  // An idle connection that is lost; the next query opens another.
  created.on('error', (error) => console.warn(error.message));
  return created;
}

const writer = pool(variable('DATABASE_WRITER'));
const readers = (process.env.DATABASE_READERS ?? '').split(',').filter(Boolean).map(pool);

// Once per environment. It connects in the background; a cache that is down costs a request one budget, and never fails it.
const cache = new Cache({
  shared: new RedisStore({
    namespace: variable('CACHE_NAMESPACE'),
    endpoint: variable('SHARED_ENDPOINT'),
    credentials: () => credentials(variable('SHARED_SECRET_ARN')),
  }),
  source: new PostgresVersions({ writer, readers }),
});

const load = (id: string) => async (handle: Handle) => {
  const { rows } = await handle.query<Product>('SELECT id, price::float FROM product WHERE id = $1', [id]);
  return rows[0];
};

/** @returns the product, and the tier that had it. */
export async function handler({ id, price }: CatalogueEvent) {
  if (price !== undefined) {
    await writer.query('UPDATE product SET price = $2 WHERE id = $1', [id, price]);
    // After the commit. No load that began before it can bring the old price back. Were this process to die before, the price
    // would be old until its TTL ends: the platform's writers commit the purge along with the change.
    await cache.purgeKey(product, { id });
  }
  const { value, outcome } = await cache.getOrSet(product, { id }, load(id));
  return { product: value, tier: outcome.tier };
}
