import Redis from 'ioredis';
import { Client } from 'pg';
import type { Engines } from '../../local/engines';
import { startEngines } from '../../test/support/engines-model';
import type { Addresses, ParticipantOptions } from './participant';

const PRIMARY = 'postgres:testbed/Primary';
const STANDBYS = ['postgres:testbed/StandbyA', 'postgres:testbed/StandbyB'];
const DATABASE = 'consistency';
const OWNER = { username: 'owner', password: 'a-password-of-the-owner' };
const USER = { username: 'app', password: 'a-password-of-the-app' };

/** Servers of a run: a cluster of three shards with a replica each, a primary and two standbys. */
export interface Testbed {
  readonly engines: Engines;
  /** A folder for journals and the like. */
  readonly folder: string;
  /** A cache node to begin with: one that runs, as the name of a configuration endpoint leads to. */
  endpoint(): string;
  /** Cache nodes that were killed and aren't back. */
  readonly down: Set<string>;
  readonly credentials: typeof USER;
  readonly database: ParticipantOptions['database'];
  /** The servers of the database as they are now. */
  readonly roles: { primary: string; standbys: string[] };
  addresses(): Addresses;
  /** Runs SQL as a superuser on one server. */
  // biome-ignore lint/suspicious/noExplicitAny: rows have the shape that the query gives them
  sql<Row = any>(server: string, text: string, values?: unknown[]): Promise<Row[]>;
  /** Asks one cache node as the platform's own user. */
  node<T>(name: string, ask: (client: Redis) => Promise<T>): Promise<T>;
  dispose(): Promise<void>;
}

/**
 * Code of a statement that a standby canceled.
 *
 * @see https://www.postgresql.org/docs/current/hot-standby.html#HOT-STANDBY-CONFLICT
 */
const RECOVERY_CONFLICT = '40001';

/** Without TLS on the cluster: encryption would take a good part of the processor and changes nothing of what is measured. */
export async function startTestbed(): Promise<Testbed> {
  const replica = { type: 'AWS::RDS::DBInstance', properties: { SourceDBInstanceIdentifier: 'testbed-primary' } };
  const { engines, place, authorities, folder, dispose } = await startEngines('consistency', {
    'testbed/Primary': {
      type: 'AWS::RDS::DBInstance',
      properties: { Engine: 'postgres', DBName: DATABASE, MasterUsername: OWNER.username, MasterUserPassword: OWNER.password },
    },
    'testbed/StandbyA': replica,
    'testbed/StandbyB': replica,
    'testbed/User': {
      type: 'AWS::ElastiCache::User',
      properties: {
        UserId: 'app',
        UserName: USER.username,
        Engine: 'redis',
        AccessString: 'on ~* &* +@all -@dangerous +cluster|slots +cluster|shards +cluster|info +cluster|nodes',
        Passwords: [USER.password],
      },
    },
    'testbed/Users': {
      type: 'AWS::ElastiCache::UserGroup',
      properties: { UserGroupId: 'users', Engine: 'redis', UserIds: ['app'] },
    },
    'testbed/Cache': {
      type: 'AWS::ElastiCache::ReplicationGroup',
      properties: {
        ReplicationGroupDescription: 'testbed',
        Engine: 'redis',
        NumNodeGroups: 3,
        ReplicasPerNodeGroup: 1,
        AutomaticFailoverEnabled: true,
        CacheParameterGroupName: 'default.redis7.cluster.on',
        UserGroupIds: ['users'],
      },
    },
  });
  const nodes = (await engines.processes()).filter(({ kind }) => kind === 'redis');
  const clients = new Map<string, Redis>();
  const address = (name: string) => ({ host: 'localhost', port: place.port(name) });
  const testbed: Testbed = {
    engines,
    folder,
    endpoint: () => `127.0.0.1:${nodes.find(({ name }) => !testbed.down.has(name))!.port}`,
    down: new Set(),
    credentials: USER,
    database: { name: DATABASE, ...OWNER, authorities },
    roles: { primary: PRIMARY, standbys: STANDBYS },
    addresses: () => ({ writer: address(testbed.roles.primary), readers: testbed.roles.standbys.map(address) }),
    async sql(server, text, values) {
      const ask = async () => {
        const client = new Client(engines.databaseAdministrator(server));
        client.on('error', () => {});
        await client.connect();
        try {
          return (await client.query(text, values)).rows;
        } finally {
          await client.end().catch(() => {});
        }
      };
      // A standby cancels what stands in the way of its replay, whoever asks: once more is enough.
      return ask().catch((error) => (error.code === RECOVERY_CONFLICT ? ask() : Promise.reject(error)));
    },
    async node(name, ask) {
      let client = clients.get(name);
      if (!client) {
        client = new Redis({
          ...engines.cacheAdministrator(name),
          enableReadyCheck: false,
          commandTimeout: 5000,
          maxRetriesPerRequest: 0,
        });
        client.on('error', () => {});
        clients.set(name, client);
      }
      return ask(client);
    },
    async dispose() {
      for (const client of clients.values()) client.disconnect();
      await dispose();
    },
  };
  return testbed;
}
