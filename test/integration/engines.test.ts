import * as fs from 'node:fs';
import * as path from 'node:path';
import Redis, { Cluster } from 'ioredis';
import { Client, type ClientConfig } from 'pg';
import { createEngines, type Engines, enginesFromTemplate, types } from '../../local/engines';
import { startOf } from '../../local/host/process-tree';
import type { Environment, Model } from '../../local/types';
import { environment, modelOf } from '../support/engines-model';
import { productContext, until } from '../support/product-context';

const MASTER = { user: 'owner', password: "it's-a-password" };
const APP = { username: 'app', password: 'a-password-of-sixteen' };
const PRIMARY = 'postgres:Data/Primary';
const STANDBY = 'postgres:Data/Replica';

function template(place: Environment): Model {
  return modelOf(types, place, {
    'Data/Primary': {
      type: 'AWS::RDS::DBInstance',
      properties: {
        Engine: 'postgres',
        DBName: 'app',
        MasterUsername: MASTER.user,
        MasterUserPassword: MASTER.password,
        DBParameterGroupName: 'data-parameters',
      },
    },
    'Data/Replica': {
      type: 'AWS::RDS::DBInstance',
      properties: {
        SourceDBInstanceIdentifier: 'arn:aws:rds:eu-central-1:111111111111:db:data-primary',
        DBParameterGroupName: 'data-parameters',
      },
    },
    'Data/Parameters': {
      type: 'AWS::RDS::DBParameterGroup',
      properties: {
        Parameters: { 'rds.force_ssl': '1', shared_preload_libraries: 'pg_stat_statements', max_connections: '150' },
      },
    },
    'Cache/Group': {
      type: 'AWS::ElastiCache::ReplicationGroup',
      properties: {
        CacheParameterGroupName: 'cache-parameters',
        NumNodeGroups: 3,
        ReplicasPerNodeGroup: 1,
        AutomaticFailoverEnabled: true,
        TransitEncryptionEnabled: true,
        UserGroupIds: ['users'],
      },
    },
    'Cache/Parameters': {
      type: 'AWS::ElastiCache::ParameterGroup',
      properties: { Properties: { 'cluster-enabled': 'yes', 'maxmemory-policy': 'allkeys-lfu' } },
    },
    'Cache/Users': { type: 'AWS::ElastiCache::UserGroup', properties: { UserGroupId: 'users', UserIds: ['app', 'nobody'] } },
    'Cache/App': {
      type: 'AWS::ElastiCache::User',
      properties: {
        UserId: 'app',
        UserName: APP.username,
        AccessString: 'on ~app:* +@all -@dangerous +info +cluster|slots +cluster|shards',
        AuthenticationMode: { Type: 'password', Passwords: [APP.password] },
      },
    },
    'Cache/Nobody': {
      type: 'AWS::ElastiCache::User',
      properties: {
        UserId: 'nobody',
        UserName: 'default',
        AccessString: 'off -@all',
        AuthenticationMode: { Type: 'no-password-required' },
      },
    },
  });
}

const context = productContext();
let place: Environment;
let engines: Engines;
let ca: string;

beforeAll(async () => {
  place = await environment(context.environment.stateDir);
  engines = createEngines(enginesFromTemplate(template(place)), { ...context, environment: place });
  await engines.start();
  ca = fs.readFileSync(place.caFile, 'utf8');
});

afterAll(async () => {
  await engines.dispose();
  context.cleanUp();
});

const master = (name: string, more: ClientConfig = {}): ClientConfig => ({
  ...MASTER,
  host: 'localhost',
  port: place.port(name),
  database: 'app',
  ssl: { ca },
  ...more,
});

async function query(config: ClientConfig, text: string, values: unknown[] = []) {
  const client = new Client(config);
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** What the first node answers to a user. */
async function ask<T>(user: { username?: string; password?: string }, question: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({
    ...user,
    host: 'localhost',
    port: place.port('redis:Cache/Group'),
    tls: { ca },
    retryStrategy: () => null,
    enableReadyCheck: false,
  });
  client.on('error', () => {});
  try {
    return await question(client);
  } finally {
    client.disconnect();
  }
}

const rolesOfShard = async (shard: string) =>
  Object.fromEntries(
    (await engines.processes()).filter(({ name }) => name.includes(`:${shard}-`)).map(({ name, role }) => [name.slice(-8), role]),
  );

describe('the database', () => {
  test('lets the master user in over TLS only', async () => {
    const [row] = await query(master(PRIMARY), 'select current_user, current_database()');
    expect(row).toEqual({ current_user: MASTER.user, current_database: 'app' });
    await expect(query(master(PRIMARY, { ssl: false }), 'select 1')).rejects.toThrow('no encryption');
    await expect(query(master(PRIMARY, { password: 'wrong' }), 'select 1')).rejects.toThrow('password authentication failed');
  });

  test('gives the master user what RDS gives, and no more', async () => {
    await query(master(PRIMARY), 'create extension if not exists pg_stat_statements');
    await query(master(PRIMARY), "create role reader login password 'x'");
    expect(await query(master(PRIMARY), 'select count(*) > 0 as some from pg_stat_statements where query is not null')).toEqual([
      { some: true },
    ]);
    await expect(query(master(PRIMARY), "copy (select 1) to program 'true'")).rejects.toThrow('permission denied');
  });

  test('has the parameters of its group', async () => {
    expect(await query(master(PRIMARY), 'show max_connections')).toEqual([{ max_connections: '150' }]);
  });

  test('streams to a standby, which refuses to write', async () => {
    await query(master(PRIMARY), 'create table notes (id int primary key)');
    await query(master(PRIMARY), 'insert into notes values (1)');
    await engines.ready();
    expect(await query(master(STANDBY), 'select id from notes')).toEqual([{ id: 1 }]);
    await expect(query(master(STANDBY), 'insert into notes values (2)')).rejects.toMatchObject({ code: '25006' });
  });

  test('a standby that was killed catches up when it is back', async () => {
    await engines.kill(STANDBY);
    await expect(query(master(STANDBY), 'select 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await query(master(PRIMARY), 'create table later as select 7 as id');
    await engines.restart(STANDBY);
    await engines.ready();
    expect(await query(master(STANDBY), 'select id from later')).toEqual([{ id: 7 }]);
  });

  test('a primary that was killed keeps what was committed', async () => {
    await query(master(PRIMARY), 'create table kept as select 1 as id');
    await engines.kill(PRIMARY);
    await engines.restart(PRIMARY);
    await engines.ready();
    expect(await query(master(STANDBY), 'select id from kept')).toEqual([{ id: 1 }]);
  });

  test('replay can be held by the administrator', async () => {
    const administrator = engines.databaseAdministrator(STANDBY);
    await query(administrator, 'select pg_wal_replay_pause()');
    await query(master(PRIMARY), 'create table held as select 1 as id');
    await expect(query(master(STANDBY), 'select id from held')).rejects.toThrow('does not exist');
    await query(administrator, 'select pg_wal_replay_resume()');
    await engines.ready();
    expect(await query(master(STANDBY), 'select id from held')).toEqual([{ id: 1 }]);
  });
});

describe('the cache', () => {
  test('is a complete cluster for a cluster client', async () => {
    const cluster = new Cluster([{ host: 'localhost', port: place.port('redis:Cache/Group') }], {
      dnsLookup: (address, callback) => callback(null, address),
      scaleReads: 'slave',
      redisOptions: { ...APP, tls: { ca } },
    });
    try {
      const keys = Array.from({ length: 50 }, (_, index) => `app:${index}`);
      await Promise.all(keys.map((key) => cluster.set(key, key)));
      expect(cluster.nodes('master')).toHaveLength(3);
      expect(cluster.nodes('slave')).toHaveLength(3);
      await until(
        async () => (await Promise.all(keys.map((key) => cluster.get(key)))).every((value, n) => value === keys[n]),
        'replicas',
      );
    } finally {
      cluster.disconnect();
    }
  });

  test('lets nobody in without a name', async () => {
    await expect(ask({}, (client) => client.ping())).rejects.toThrow('NOAUTH');
    await expect(ask({ password: APP.password }, (client) => client.ping())).rejects.toThrow(/NOAUTH|WRONGPASS/);
    await expect(ask({ ...APP, password: 'wrong' }, (client) => client.ping())).rejects.toThrow(/NOAUTH|WRONGPASS/);
  });

  test('holds a user to its access string, and to what ElastiCache keeps for itself', async () => {
    await expect(ask(APP, (client) => client.get('other:1'))).rejects.toThrow('NOPERM');
    await expect(ask(APP, (client) => client.flushall())).rejects.toThrow('NOPERM');
    await expect(ask(APP, (client) => client.config('GET', 'maxmemory'))).rejects.toThrow('NOPERM');
  });

  test('speaks TLS only', async () => {
    const client = new Redis({ port: place.port('redis:Cache/Group'), host: '127.0.0.1', ...APP, retryStrategy: () => null });
    client.on('error', () => {});
    await expect(client.ping()).rejects.toThrow();
    client.disconnect();
  });

  test('has the parameters of its group', async () => {
    const client = new Redis({ ...engines.cacheAdministrator('redis:Cache/Group:0002-001'), retryStrategy: () => null });
    expect(await client.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'allkeys-lfu']);
    client.disconnect();
  });

  test('a replica takes over from a killed primary, which comes back as a replica', async () => {
    expect(await rolesOfShard('0001')).toEqual({ '0001-001': 'primary', '0001-002': 'replica' });
    const slots = describeGroup().then((group) => group.NodeGroups.map((shard: { Slots: string }) => shard.Slots));

    await engines.kill('redis:Cache/Group:0001-001');
    expect((await describeGroup()).NodeGroups[0].Status).toBe('modifying');
    await engines.restart('redis:Cache/Group:0001-001');
    await engines.ready();

    await until(async () => (await rolesOfShard('0001'))['0001-001'] === 'replica', 'the roles are swapped');
    expect(await rolesOfShard('0001')).toEqual({ '0001-001': 'replica', '0001-002': 'primary' });
    const group = await describeGroup();
    expect(group).toMatchObject({ Status: 'available', ClusterEnabled: true, TransitEncryptionEnabled: true });
    expect(group.NodeGroups[0].NodeGroupMembers).toMatchObject([
      { CacheClusterId: 'cache-group-0001-001', CurrentRole: 'replica' },
      { CacheClusterId: 'cache-group-0001-002', CurrentRole: 'primary' },
    ]);
    expect(await slots).toEqual(['0-5460', '5461-10922', '10923-16383']);
  });

  test('comes back after all of it was killed', async () => {
    const names = (await engines.processes()).filter(({ kind }) => kind === 'redis').map(({ name }) => name);
    await Promise.all(names.map((name) => engines.kill(name)));
    expect((await engines.processes()).filter(({ kind, pid }) => kind === 'redis' && pid)).toEqual([]);
    expect((await describeGroup()).Status).toBe('modifying');

    await Promise.all(names.map((name) => engines.restart(name)));
    await engines.ready();

    expect((await describeGroup()).Status).toBe('available');
  });
});

// biome-ignore lint/suspicious/noExplicitAny: the answer is in the shape of the API
async function describeGroup(): Promise<any> {
  const operation = engines.operations.elasticache!.DescribeReplicationGroups!;
  const answer = (await operation.handle({ ReplicationGroupId: 'Cache-Group' }, {})) as { ReplicationGroups: unknown[] };
  return answer.ReplicationGroups[0];
}

test('nothing is left when it is disposed of in the middle of its start', async () => {
  const other = productContext();
  const elsewhere = await environment(other.environment.stateDir);
  const starting = createEngines(enginesFromTemplate(template(elsewhere)), { ...other, environment: elsewhere });
  const started = starting.start();
  started.catch(() => {});
  const records = path.join(elsewhere.stateDir, 'pids');
  await until(() => fs.existsSync(records) && fs.readdirSync(records).length > 2, 'some processes are there');
  const pids = fs.readdirSync(records).map((file) => Number.parseInt(file, 10));

  await starting.dispose();

  await expect(started).rejects.toThrow();
  expect([...pids, ...fs.readdirSync(records).map((file) => Number.parseInt(file, 10))].filter(startOf)).toEqual([]);
  other.cleanUp();
});

test('nothing is left when it is disposed', async () => {
  const pids = (await engines.processes()).map(({ pid }) => pid!);
  expect(pids).toHaveLength(8);
  await engines.dispose();
  expect(pids.filter(startOf)).toEqual([]);
});
