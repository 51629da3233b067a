import assert from 'node:assert/strict';
import * as path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Documents, productsOf } from '../../examples/sources/dynamodb';
import { RedisStore } from '../../lambdas/runtime';
import { versionSourceContract } from '../../lambdas/runtime/testing';
import { TimeVersions } from '../../lambdas/runtime/versions/time';
import { type RedisServer, startRedisServer } from '../support/redis-server';

const TableName = 'products';
let redis: RedisServer;
let table: { documents: Documents & { put(input: object): Promise<unknown> }; dispose(): Promise<void> };

before(async () => {
  const { startTable } = await import(pathToFileURL(path.join(__dirname, 'clients.mjs')).href);
  table = await startTable(TableName);
  redis = await startRedisServer({ open: true });
});
after(async () => {
  await table?.dispose();
  await redis?.dispose();
});

/** The table's client, which counts what is read. */
function counted(): { documents: Documents; gets: () => number } {
  let gets = 0;
  const { documents } = table;
  return {
    documents: {
      get: (input) => {
        gets++;
        return documents.get(input);
      },
      update: (input) => documents.update(input),
    },
    gets: () => gets,
  };
}

describe('versions by time, of consistent reads', () => {
  for (const { name, run } of versionSourceContract) {
    test(name, () => {
      const source = new TimeVersions({ primary: table.documents });
      let written = 0;
      return run({
        source,
        write: async () => {
          const value = `lamp ${++written}`;
          await table.documents.put({ TableName, Item: { id: name, name: value, version: written } });
          return { value, version: await source.current() };
        },
        read: async (documents) => {
          const { Item } = await (documents as Documents).get({ TableName, Key: { id: name }, ConsistentRead: true });
          return Item?.name;
        },
      });
    });
  }
});

test('a product is read once; a change of it is in the cache, and one of what somebody else has changed is refused', async () => {
  const shared = new RedisStore({ namespace: 'dynamodb', endpoint: `127.0.0.1:${redis.port}`, tls: false });
  const { documents, gets } = counted();
  const products = productsOf(shared, documents, TableName);
  await table.documents.put({ TableName, Item: { id: '1', name: 'lamp', version: 1 } });
  const lamp = await products.read('1');
  assert.deepEqual(lamp, { id: '1', name: 'lamp', version: 1 });
  await products.read('1');
  assert.equal(gets(), 1);
  assert.equal((await products.rename(lamp!, 'desk lamp')).version, 2);
  assert.equal((await products.read('1'))?.name, 'desk lamp');
  assert.equal(gets(), 1);
  await assert.rejects(products.rename(lamp!, 'too late'), { name: 'ConditionalCheckFailedException' });
  assert.equal((await products.read('1'))?.name, 'desk lamp');
  assert.equal(await products.read('2'), undefined);
  await products.close();
  await shared.close();
});
