import * as fs from 'node:fs';
import * as path from 'node:path';
import { Pool } from 'pg';
import type { Database } from '../../lambdas/platform/database';
import { currentVersion, PostgresVersions } from '../../lambdas/runtime/versions/postgres';
import { versionSourceContract } from '../contract/version-source';
import { type Postgres, PRIMARY, STANDBY, startPostgres } from '../support/postgres';
import { waitFor } from '../support/wait-for';

let postgres: Postgres;
let reader: Database;

beforeAll(async () => {
  postgres = await startPostgres({ standby: true });
  await postgres.migrate();
  await postgres.administrator.query(
    'CREATE TABLE counter (n int); INSERT INTO counter VALUES (0); GRANT SELECT ON counter TO PUBLIC',
  );
  reader = postgres.database('reader');
});
afterAll(() => postgres.dispose());

/** A standby as a superuser reaches it. */
async function standby<T>(sql: string): Promise<T[]> {
  const { Client } = await import('pg');
  const client = new Client(postgres.engines.databaseAdministrator(STANDBY));
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

const count = async (handle: { query(text: string): Promise<{ rows: { n: number }[] }> }) =>
  (await handle.query('SELECT n FROM counter')).rows[0]?.n;
const write = async () => {
  await postgres.administrator.query('UPDATE counter SET n = n + 1');
  return currentVersion(postgres.administrator);
};
const caughtUp = async () => {
  const target = await currentVersion(postgres.administrator);
  await waitFor('the standby', async () => {
    const loaded = await new PostgresVersions({ writer: reader.writer, readers: reader.readers }).load(count as never, {});
    return loaded.origin === 'replica' && loaded.version >= target;
  });
};

describe('versions of a real primary and standby', () => {
  describe('keep the contract', () => {
    versionSourceContract(() => ({
      source: new PostgresVersions(reader),
      async write() {
        const { rows } = await postgres.administrator.query<{ n: number }>('UPDATE counter SET n = n + 1 RETURNING n');
        return { value: rows[0]?.n, version: await currentVersion(postgres.administrator) };
      },
      read: count,
      async holdReplicas() {
        await standby('SELECT pg_wal_replay_pause()');
        return async () => {
          await standby('SELECT pg_wal_replay_resume()');
        };
      },
    }));
  });

  test('a standby that is a moment behind is waited for', async () => {
    await caughtUp();
    const source = new PostgresVersions(reader, { replayWaitMs: 5000, replicaBudgetMs: 5000 });
    await standby('SELECT pg_wal_replay_pause()');
    const written = await write();
    const load = source.load(count as never, { minVersion: written });
    await standby('SELECT pg_wal_replay_resume()');
    expect((await load).origin).toBe('replica');
  });

  test('a standby for which waiting was of no use is not waited for again at once', async () => {
    await caughtUp();
    let slept = 0;
    const clock = {
      now: Date.now,
      sleep: (milliseconds: number) => {
        slept++;
        return new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
      },
    };
    const source = new PostgresVersions(reader, { clock });
    await standby('SELECT pg_wal_replay_pause()');
    try {
      const written = await write();
      await source.load(count as never, { minVersion: written });
      const first = slept;
      expect(first).toBeGreaterThan(0);
      await source.load(count as never, { minVersion: written });
      expect(slept).toBe(first);
    } finally {
      await standby('SELECT pg_wal_replay_resume()');
    }
  });

  test('grow with each commit', async () => {
    const before = await currentVersion(postgres.administrator);
    const after = await write();
    expect(after).toMatch(/^00000001[0-9A-F]{16}$/);
    expect(after > before).toBe(true);
  });

  test('a standby that has caught up answers, and claims what it has replayed', async () => {
    const source = new PostgresVersions(reader);
    const written = await write();
    await caughtUp();
    const loaded = await source.load(count as never, { minVersion: written });
    expect(loaded).toMatchObject({ origin: 'replica', fillable: true });
    expect(loaded.version >= written).toBe(true);
  });

  test('a standby that is behind is not asked: the primary answers', async () => {
    await caughtUp();
    await standby('SELECT pg_wal_replay_pause()');
    try {
      const written = await write();
      const [expected] = (await postgres.administrator.query<{ n: number }>('SELECT n FROM counter')).rows;
      const loaded = await new PostgresVersions(reader).load(count as never, { minVersion: written });
      expect(loaded).toMatchObject({ origin: 'primary', value: expected?.n, fillable: true });
    } finally {
      await standby('SELECT pg_wal_replay_resume()');
    }
  });

  test('a standby behind the floor is not asked, even where nothing was purged', async () => {
    await caughtUp();
    await standby('SELECT pg_wal_replay_pause()');
    try {
      await write();
      const loaded = await new PostgresVersions(reader).load(count as never, {});
      expect(loaded.origin).toBe('primary');
    } finally {
      await standby('SELECT pg_wal_replay_resume()');
    }
  });

  test('a load without a lease reads the primary', async () => {
    await caughtUp();
    expect((await new PostgresVersions(reader).load(count as never, { primaryOnly: true })).origin).toBe('primary');
  });

  test('the version of a write is refused on a standby', async () => {
    await expect(currentVersion(reader.readers[0]!)).rejects.toThrow('must be read on the primary');
  });

  test('an error of the query is the error of the load, and the connection is usable again', async () => {
    const source = new PostgresVersions(reader);
    await expect(source.load((handle) => handle.query('SELECT no_such_column'), {})).rejects.toMatchObject({ code: '42703' });
    expect((await source.load(count as never, {})).value).toEqual(expect.any(Number));
  });

  test('a standby that hangs costs one budget, then the primary answers', async () => {
    await caughtUp();
    const source = new PostgresVersions(reader, { replicaBudgetMs: 50 });
    await postgres.engines.kill(STANDBY, 'SIGSTOP');
    try {
      expect((await source.load(count as never, {})).origin).toBe('primary');
    } finally {
      await postgres.engines.kill(STANDBY, 'SIGCONT');
    }
  });

  test('a primary that hangs costs one question, then a standby answers, and nothing of it is stored', async () => {
    await caughtUp();
    const fresh = postgres.database('reader', { statementTimeoutMs: 300 });
    const source = new PostgresVersions(fresh, { replicaRestMs: 600_000 });
    const asked = jest.spyOn(fresh.writer, 'connect');
    await postgres.engines.kill(PRIMARY, 'SIGSTOP');
    try {
      for (const request of [{}, {}, { primaryOnly: true }]) {
        expect(await source.load(count as never, request)).toMatchObject({ origin: 'replica', fillable: false });
      }
      expect(asked).toHaveBeenCalledTimes(1);
    } finally {
      await postgres.engines.kill(PRIMARY, 'SIGCONT');
    }
    // A replica that isn't far enough is no answer: whoever has written is told the truth.
    const minVersion = await write();
    expect(await source.load(count as never, { minVersion: `${minVersion.slice(0, -1)}f`, primaryOnly: true })).toMatchObject({
      origin: 'primary',
    });
  });

  test('a standby that is gone is done without', async () => {
    await postgres.engines.kill(STANDBY);
    const fresh = postgres.database('reader');
    expect((await new PostgresVersions(fresh).load(count as never, {})).origin).toBe('primary');
    await postgres.engines.restart(STANDBY);
  });
});

test('the upsert of write-behind, as the docs have it, keeps the latest version of a row', async () => {
  const page = fs.readFileSync(path.resolve(__dirname, '../../docs/reference/cache-options.md'), 'utf8');
  const sql = /INSERT INTO position[^`]*/.exec(page)?.[0] ?? '';
  await postgres.administrator.query('CREATE TABLE position (id text PRIMARY KEY, value jsonb, version bigint NOT NULL)');
  const flush = (writes: { key: string; value: unknown; rowVersion: bigint }[]) =>
    postgres.administrator.query(sql, [
      writes.map((w) => w.key),
      writes.map((w) => JSON.stringify(w.value)),
      writes.map((w) => w.rowVersion),
    ]);
  await flush([
    { key: 'a', value: { text: 'it\'s "2"', list: [1] }, rowVersion: 2n },
    { key: 'b', value: undefined, rowVersion: 2n ** 62n },
  ]);
  await flush([{ key: 'a', value: 'older', rowVersion: 1n }]);
  await flush([{ key: 'b', value: null, rowVersion: 2n ** 62n + 1n }]);
  const { rows } = await postgres.administrator.query('SELECT * FROM position ORDER BY id');
  expect(rows).toEqual([
    { id: 'a', value: { text: 'it\'s "2"', list: [1] }, version: '2' },
    { id: 'b', value: null, version: String(2n ** 62n + 1n) },
  ]);
});

describe('connections', () => {
  const single = (pool: Pool) => new Pool({ ...pool.options, password: pool.options.password as string, max: 1 });

  test.each(['writer', 'replica'])('a load within a load needs none of its own: %s', async (kind) => {
    await caughtUp();
    const pools = [single(reader.writer), single(reader.readers[0] as Pool)] as const;
    const source = new PostgresVersions({ writer: pools[0], readers: kind === 'replica' ? [pools[1]] : [] });
    try {
      const nested = await source.load(async (handle) => {
        const failing = source.load(async (inner) => inner.query('SELECT nothing'), {}).catch(() => 'failed');
        expect(await failing).toBe('failed');
        const inner = await source.load((within) => count(within), {});
        return { inner, outer: await count(handle), current: kind === 'writer' && (await source.current()) };
      }, {});
      expect(nested.value.inner).toMatchObject({ value: nested.value.outer, origin: nested.origin, fillable: true });
      expect(nested.value.inner.version >= nested.version).toBe(true);
    } finally {
      await Promise.all(pools.map((pool) => pool.end()));
    }
  });

  test("survive a loader's error, and end with a load that nobody waits for", async () => {
    const pool = single(reader.writer);
    let connections = 0;
    pool.on('connect', () => connections++);
    const source = new PostgresVersions({ writer: pool, readers: [] });
    for (let i = 0; i < 10; i++) {
      await expect(source.load(() => Promise.reject(new Error('of the loader')), {})).rejects.toThrow('of the loader');
    }
    expect(connections).toBe(1);
    const abort = new AbortController();
    const begun = new Promise<void>((resolve) => {
      void source.load(
        () => {
          resolve();
          return new Promise(() => {});
        },
        { signal: abort.signal },
      );
    });
    await begun;
    abort.abort();
    expect((await source.load(count as never, {})).fillable).toBe(true);
    await pool.end();
  });

  test("a writer's name that leads to a standby gives nothing that may be stored", async () => {
    await caughtUp();
    const source = new PostgresVersions({ writer: reader.readers[0] as Pool, readers: [] });
    expect(await source.load(count as never, {})).toMatchObject({ origin: 'replica', fillable: false });
  });
});
