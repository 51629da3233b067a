import type { RedisOptions } from 'ioredis';
import { type ClientConfig, Pool } from 'pg';
import { Cache, type CacheOptions, RedisConnection, RedisStore } from '../../../lambdas/runtime';
import { type Handle, PostgresVersions } from '../../../lambdas/runtime/versions/postgres';
import type { ScenarioRun } from '../scenario';

/** Addresses of an example's tiers, which can be sent to another process. */
export interface Tiers {
  readonly namespace: string;
  readonly shared: RedisOptions;
  readonly state: RedisOptions;
  readonly primary: ClientConfig;
  readonly standby: ClientConfig;
}

/** A scenario's processes that run an example's code are clients of its own tiers, with its keys. */
export async function tiersOf({ platform: { engines } }: ScenarioRun, namespace: string): Promise<Tiers> {
  const processes = await engines.processes();
  const first = (kind: string, isIt = (_: string) => true) =>
    processes.find((each) => each.kind === kind && isIt(each.name))?.name;
  const isState = (name: string) => /state/i.test(name);
  const shared = first('redis', (name) => !isState(name)) as string;
  const primary = first('postgres-primary') as string;
  return {
    namespace,
    shared: engines.cacheAdministrator(shared),
    state: engines.cacheAdministrator(first('redis', isState) ?? shared),
    primary: engines.databaseAdministrator(primary),
    standby: engines.databaseAdministrator(first('postgres-standby') ?? primary),
  };
}

/** The tiers as a function has them: connections, a database, and the cache over both. */
export function openTiers(
  { namespace, shared, state, primary, standby }: Tiers,
  options: Pick<CacheOptions<Handle>, 'memoryMaxBytes'> = {},
) {
  const connection = ({ host, port, username = '', password = '', tls }: RedisOptions) =>
    new RedisConnection({
      namespace,
      endpoint: `${host}:${port}`,
      credentials: () => ({ username, password }),
      tls: tls ? { ca: String(tls.ca) } : false,
    });
  const pool = (config: ClientConfig) => new Pool({ ...config, max: 4 });
  const database = { writer: pool(primary), readers: [pool(standby)] };
  const connections = { shared: connection(shared), state: connection(state) };
  const cache = new Cache<Handle>({
    ...options,
    shared: new RedisStore(connections.shared),
    source: new PostgresVersions(database),
    loadTimeoutMs: 60_000,
  });
  return { ...connections, database, cache };
}
