import type { Pool, PoolClient } from 'pg';
import type { Message } from '../../lambdas/platform/bus';
import { transaction } from '../../lambdas/platform/database';
import { requestPurge } from '../../lambdas/platform/purge/purge-requests';
import { createWriter } from '../../lambdas/platform/purge/writer';
import { currentVersion } from '../../lambdas/runtime/versions/postgres';
import { purgeDatabase } from '../support/purge-database';

const database = purgeDatabase();

/** A writer on the real primary, and everything of AWS and of the shared tier that it calls, in order. */
function writerOf(primary: Pool, fails: { readonly shared?: boolean; readonly bus?: boolean } = {}) {
  const calls: {
    readonly kicked?: string | undefined;
    readonly tags?: readonly string[];
    readonly mode?: string;
    readonly version?: string;
  }[] = [];
  const writer = createWriter({
    database: { writer: primary, readers: [] },
    bus: {
      publish: async (messages: readonly Message[]) => {
        if (fails.bus) throw new Error('the bus is away');
        for (const { type, detail } of messages) calls.push(type === 'OutboxKicked' ? { kicked: detail.purgeId } : {});
        return new Set<number>();
      },
    },
    shared: {
      purgeTags: async (tags, { mode, version }) => {
        if (fails.shared) throw new Error('a shard is down');
        calls.push({ tags, mode, version });
      },
    },
  });
  return { writer, calls };
}

const rows = async (): Promise<unknown[]> =>
  (await database.writer.query('SELECT tags, mode FROM cachement.outbox ORDER BY outbox_id')).rows;

beforeEach(() => {
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => jest.restoreAllMocks());

test('purges the shared tier of what its transaction asked for, after the commit, and kicks the relay', async () => {
  const { writer, calls } = writerOf(database.writer);
  const before = await currentVersion(database.writer);
  let committed = false;
  const purgeIds = await writer.transaction(async (client) => {
    const first = await requestPurge(client, ['a', 'b']);
    const second = await requestPurge(client, ['c'], { mode: 'expire' });
    expect({ calls, visible: await rows() }).toEqual({ calls: [], visible: [] });
    committed = true;
    return [first, second];
  });
  expect(committed).toBe(true);
  // The two are purged at once.
  const purges = calls.filter(({ tags }) => tags).sort((one, other) => (one.mode! < other.mode! ? -1 : 1));
  expect(purges).toEqual([
    { tags: ['a', 'b'], mode: 'delete', version: expect.any(String) },
    { tags: ['c'], mode: 'expire', version: expect.any(String) },
  ]);
  for (const { version = '' } of purges) expect(version > before).toBe(true);
  expect(calls.flatMap(({ kicked }) => kicked ?? []).sort()).toEqual([...purgeIds].sort());
  expect(await rows()).toEqual([
    { tags: ['a', 'b'], mode: 'delete' },
    { tags: ['c'], mode: 'expire' },
  ]);
});

test('purges nothing of a transaction that is rolled back, nor of the next one on its connection', async () => {
  const { writer, calls } = writerOf(database.writer);
  const failing = writer.transaction(async (client) => {
    await requestPurge(client, ['a']);
    throw new Error('no such product');
  });
  await expect(failing).rejects.toThrow('no such product');
  await writer.transaction(async (client) => void (await client.query('SELECT 1')));
  expect({ calls, visible: await rows() }).toEqual({ calls: [], visible: [] });
});

test('keeps the purges of transactions apart that run at once', async () => {
  const { writer, calls } = writerOf(database.writer);
  const tags = ['a', 'b', 'c'];
  await Promise.all(tags.map((tag) => writer.transaction((client) => requestPurge(client, [tag]))));
  expect(calls.flatMap((call) => call.tags ?? []).sort()).toEqual(tags);
});

test('purges by the version of its commit without waiting for another connection', async () => {
  const pool = database.connect({ poolSize: 1 });
  const { writer, calls } = writerOf(pool);
  let begun = (): void => {};
  const waiting = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const first = writer.transaction(async (client) => {
    const purgeId = await requestPurge(client, ['first']);
    begun();
    return purgeId;
  });
  await waiting;
  // Takes the only connection as soon as it is free, and keeps it until the other one has its answer.
  const second = writer.transaction(async () => first);
  await second;
  expect(calls.flatMap((call) => call.tags ?? [])).toEqual(['first']);
});

test('keeps what is committed where its version is not to be had, and closes the connection', async () => {
  const pool = database.connect({ poolSize: 1 });
  const pid = async () => (await pool.query('SELECT pg_backend_pid() AS pid')).rows[0].pid;
  const before = await pid();
  const work = (client: PoolClient) => requestPurge(client, ['a']);
  const purgeId = await transaction(pool, work, () => Promise.reject(new Error('too late')));
  expect(purgeId).toMatch(/^[0-9a-f-]{36}$/);
  expect(await rows()).toEqual([{ tags: ['a'], mode: 'delete' }]);
  expect(await pid()).not.toBe(before);
});

test('answers its caller where shared tier and bus are away: the purge is committed', async () => {
  const { writer } = writerOf(database.writer, { shared: true, bus: true });
  await expect(writer.transaction((client) => requestPurge(client, ['a']))).resolves.toMatch(/^[0-9a-f-]{36}$/);
  expect(await rows()).toEqual([{ tags: ['a'], mode: 'delete' }]);
});

test("does the same for somebody else's transaction, when it is told of the commit", async () => {
  const { writer, calls } = writerOf(database.writer);
  const client = await database.writer.connect();
  await client.query('BEGIN');
  const purgeId = await requestPurge(client, ['a'], { paths: ['/pages*'] });
  await client.query('COMMIT');
  client.release();
  expect(calls).toEqual([]);
  await writer.afterCommit(purgeId, ['a']);
  expect(calls).toEqual(expect.arrayContaining([{ kicked: purgeId }, expect.objectContaining({ tags: ['a'] })]));
});

test('kicks the relay for a purge of paths only, which the shared tier knows nothing of', async () => {
  const { writer, calls } = writerOf(database.writer);
  const purgeId = await writer.transaction((client) => requestPurge(client, [], { paths: ['/pages*'] }));
  expect(calls).toEqual([{ kicked: purgeId }]);
});

test('fails when a tag is not valid in every tier', async () => {
  const { writer, calls } = writerOf(database.writer);
  await expect(writer.transaction((client) => requestPurge(client, ['Not a tag']))).rejects.toThrow('outbox_tags_are_valid');
  expect(calls).toEqual([]);
});
