import assert from 'node:assert/strict';
import * as path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Connection, GtidVersions, type Pool, productsOf } from '../../examples/sources/mariadb';
import { RedisStore } from '../../lambdas/runtime';
import { versionSourceContract } from '../../lambdas/runtime/testing';
import { TimeVersions } from '../../lambdas/runtime/versions/time';
import { type RedisServer, startRedisServer } from '../support/redis-server';
import { waitFor } from '../support/wait-for';
import { type MariaDbServer, startMariaDb } from './mariadb-server';

type EndablePool = Pool & { query: Connection['query']; end(): Promise<void> };

const servers: MariaDbServer[] = [];
const pools: EndablePool[] = [];
let redis: RedisServer;

before(async () => {
  const load = (file: string) => import(pathToFileURL(path.join(__dirname, file)).href);
  const binary = (await load('mariadb-binary.mjs')).ensureMariaDb(path.resolve(__dirname, '../..'));
  const { mariaDbPool } = await load('clients.mjs');
  servers.push(await startMariaDb(binary));
  servers.push(await startMariaDb(binary, servers[0]));
  for (const { port, user } of servers) pools.push(mariaDbPool({ port, ...user, connectionLimit: 20 }));
  redis = await startRedisServer({ open: true });
  await pools[0]!.query('CREATE TABLE products (id INT PRIMARY KEY, name VARCHAR(100))');
  await pools[0]!.query("INSERT INTO products VALUES (1, 'lamp')");
  await waitFor('the replica to have the table', async () => {
    const rows = await pools[1]!.query('SELECT id FROM products').then(
      ([found]) => found,
      () => [],
    );
    return rows.length === 1;
  });
});
after(async () => {
  for (const pool of pools) await pool.end();
  for (const server of servers) await server.dispose();
  await redis?.dispose();
});

const writer = () => pools[0]!;
const read = async (handle: Connection): Promise<unknown> => {
  const [[row]] = await handle.query('SELECT name FROM products WHERE id = 1');
  return row.name;
};
let written = 0;
const write = async (current: () => Promise<string>) => {
  const value = `lamp ${++written}`;
  await writer().query('UPDATE products SET name = ? WHERE id = 1', [value]);
  return { value, version: await current() };
};

describe('versions by GTID, with a replica', () => {
  const source = () => new GtidVersions({ writer: writer(), readers: [pools[1]!] });
  const holdReplicas = async () => {
    await pools[1]!.query('STOP SLAVE SQL_THREAD');
    return async () => void (await pools[1]!.query('START SLAVE SQL_THREAD'));
  };
  for (const { name, run } of versionSourceContract) {
    test(name, () => {
      const own = source();
      return run({ source: own, write: () => write(() => own.current()), read: read as never, holdReplicas });
    });
  }

  test('a replica that has got as far answers', async () => {
    const own = source();
    const { version, value } = await write(() => own.current());
    const loaded = await waitFor('the replica', async () => {
      const answer = await own.load(read, { minVersion: version });
      return answer.origin === 'replica' && answer;
    });
    assert.equal(loaded.value, value);
    assert.ok(loaded.version >= version);
  });

  test('a replica that cannot be reached is passed over', async () => {
    const unreachable = { getConnection: () => Promise.reject(new Error('ECONNREFUSED')) };
    const own = new GtidVersions({ writer: writer(), readers: [unreachable] });
    assert.equal((await own.load(read, {})).origin, 'primary');
  });
});

describe('versions by time, as for MySQL', () => {
  for (const { name, run } of versionSourceContract) {
    test(name, () => {
      const source = new TimeVersions<Connection>({ primary: { query: writer().query.bind(writer()) } as Connection });
      return run({ source, write: () => write(() => source.current()), read: read as never });
    });
  }
});

test('a product is read once, and its new name once it is changed', async () => {
  const shared = new RedisStore({ namespace: 'mariadb', endpoint: `127.0.0.1:${redis.port}`, tls: false });
  const products = productsOf(shared, { writer: writer(), readers: [pools[1]!] });
  await products.rename('1', 'first');
  const count = async () => {
    const [[{ Value }]] = await writer().query("SHOW GLOBAL STATUS LIKE 'Com_select'");
    return Number(Value);
  };
  assert.equal((await products.read('1'))?.name, 'first');
  const before = await count();
  assert.equal((await products.read('1'))?.name, 'first');
  assert.equal(await count(), before);
  await products.rename('1', 'second');
  assert.equal((await products.read('1'))?.name, 'second');
  assert.equal(await products.read('2'), undefined);
  await products.close();
  await shared.close();
});
