import type { Pool, PoolClient } from 'pg';
import { HandPurges } from '../../lambdas/platform/administration/hand-purges';
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

describe('purges by hand', () => {
  const names = Array.from({ length: 12 }, (_, i) => `place/1/${i}`);

  /** With what the shared tier is asked for, in order; the database is real. */
  function handPurges(found = names, fails = false) {
    const { writer, calls } = writerOf(database.primary);
    const shared: unknown[] = [];
    const purges = new HandPurges({
      database: { writer: database.primary, readers: [] },
      cache: {
        internals: { writePath: { versionOf: () => currentVersion(database.primary) } },
        clear: async (options: unknown) => shared.push(['everything', options]),
      } as never,
      writer,
      administration: {
        find: async (_: string, most: number) => ({ names: found.slice(0, most), complete: found.length <= most }),
        inspect: async () => ({ tags: [{ tag: 'country:de' }, { tag: '*' }] }),
        purgeEntries: async (entries: string[], version: string, mode: string) => {
          if (fails) throw new Error('a shard is down');
          shared.push([entries, version, mode]);
        },
      } as never,
      routes: { place: '/places/{id}' },
    });
    return { purges, calls, shared };
  }

  beforeEach(() => database.administrator.query('TRUNCATE cachement.cache_purge'));

  test('a dry run says what it would do and does nothing; its token purges these entries in all tiers, once', async () => {
    const { purges, shared } = handPurges();
    const dry = await purges.dryRun('place/1/*', 'expire', 'arn:ada');
    expect(dry).toMatchObject({ entries: 12, examples: names, paths: 12, usdAtMost: 0.06 });
    expect({ shared, rows: await rows() }).toEqual({ shared: [], rows: [] });
    const purgeIds = await purges.execute(dry.token, 'arn:bob');
    expect(shared).toEqual([[names, expect.stringMatching(/^[0-9A-F]{24}$/), 'expire']]);
    const { rows: sent } = await database.primary.query(
      'SELECT purge_id, tags, paths, mode FROM cachement.outbox ORDER BY outbox_id',
    );
    expect(sent.flatMap(({ paths }) => paths)).toEqual(names.map((name) => `/places/${name.split('/')[2]}`));
    expect(sent.map(({ purge_id }) => purge_id)).toEqual(purgeIds);
    await expect(purges.execute(dry.token, 'arn:bob')).rejects.toMatchObject({ status: 404 });
    expect(shared).toHaveLength(1);
    const [audit] = (await database.primary.query('SELECT * FROM cachement.cache_purge')).rows;
    expect(audit).toMatchObject({ requested_by: 'arn:ada', executed_by: 'arn:bob', pattern: 'place/1/*', purge_ids: purgeIds });
  });

  test("a token is good for five minutes, and a text that isn't one for nothing", async () => {
    const { purges, shared } = handPurges();
    const { token } = await purges.dryRun('place/1/*', 'delete', 'arn:ada');
    await database.administrator.query("UPDATE cachement.cache_purge SET requested_at = requested_at - interval '301 seconds'");
    for (const wrong of [token, 'x', "'; DROP TABLE cachement.outbox; --"]) {
      await expect(purges.execute(wrong, 'arn:ada')).rejects.toMatchObject({ status: 404 });
    }
    expect(shared).toEqual([]);
  });

  test('where a shard is down nothing goes to the outer tiers, and the token is still good', async () => {
    const { token } = await handPurges().purges.dryRun('place/1/*', 'delete', 'arn:ada');
    await expect(handPurges(names, true).purges.execute(token, 'arn:ada')).rejects.toThrow('a shard is down');
    expect(await rows()).toEqual([]);
    expect(await handPurges().purges.execute(token, 'arn:ada')).toHaveLength(2);
  });

  test('a pattern of more than a thousand entries is refused with the tags that they have', async () => {
    const many = Array.from({ length: 1001 }, (_, i) => `place/1/${i}`);
    await expect(handPurges(many).purges.dryRun('place/*', 'delete', 'arn:ada')).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining('country:de'),
    });
    await expect(handPurges([]).purges.dryRun('x*', 'delete', 'arn:ada')).rejects.toMatchObject({ status: 404 });
  });

  test('tags and everything are purged at once, and who did it is known', async () => {
    const { purges, shared, calls } = handPurges();
    const tags = Array.from({ length: 60 }, (_, i) => `place:${i}`);
    expect(await purges.tags(tags, 'delete', 'arn:ada')).toHaveLength(2);
    expect(calls.flatMap((call) => call.tags ?? []).sort()).toEqual([...tags].sort());
    expect(await purges.everything('delete', 'arn:bob')).toHaveLength(1);
    expect(shared).toEqual([['everything', { mode: 'delete' }]]);
    expect(await purges.list()).toMatchObject([
      { requestedBy: 'arn:bob', tags: ['*'], executedAt: expect.any(String) },
      { requestedBy: 'arn:ada', tags, entries: 0 },
    ]);
  });

  test('a writer may not change the audit', async () => {
    await expect(database.writer.query('DELETE FROM cachement.cache_purge')).rejects.toThrow('permission denied');
  });
});
