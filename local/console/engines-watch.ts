import type Redis from 'ioredis';
import { Client } from 'pg';
import type { EngineProcess, Engines } from '../engines';
import { askNode } from './ask-node';
import type { EngineState } from './protocol';

/** Limit of a question: a process that is stopped takes connections and never answers. */
const ANSWER_LIMIT_MS = 2000;

/** States of the engines' processes, with a note of what each holds. */
export class EnginesWatch {
  readonly #engines: Engines;

  constructor(engines: Engines) {
    this.#engines = engines;
  }

  async states(): Promise<EngineState[]> {
    const processes = await this.#engines.processes();
    return Promise.all(
      processes.map(async ({ name, kind, role, pid }) => {
        const running = pid !== undefined;
        const note = running ? await this.#note({ name, kind }).catch(() => 'does not answer') : undefined;
        return { name, kind, running, ...(role && { role }), ...(note !== undefined && { note }) };
      }),
    );
  }

  #note({ name, kind }: Pick<EngineProcess, 'name' | 'kind'>): Promise<string> {
    if (kind === 'redis') return this.#cacheNote(name);
    return this.#databaseNote(name, kind === 'postgres-standby');
  }

  async #cacheNote(name: string): Promise<string> {
    const both = (client: Redis) => Promise.all([client.dbsize(), client.info('memory')]);
    const [keys, memory] = await askNode(this.#engines, name, ANSWER_LIMIT_MS, both);
    return `${keys} keys, ${/used_memory_human:(\S+)/.exec(memory)?.[1] ?? '?'}`;
  }

  async #databaseNote(name: string, isStandby: boolean): Promise<string> {
    const client = new Client({
      ...this.#engines.databaseAdministrator(name),
      connectionTimeoutMillis: ANSWER_LIMIT_MS,
      query_timeout: ANSWER_LIMIT_MS,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      // Where all that was received is replayed, the last replayed commit may be as old as the last write.
      const { rows } = await client.query<{ ms: number; connections: number }>(
        isStandby
          ? `SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
               ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000 END::float8 AS ms`
          : `SELECT count(*)::int AS connections FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      );
      return isStandby ? `${Math.round(rows[0]?.ms ?? 0)} ms behind` : `${rows[0]?.connections ?? 0} connections`;
    } finally {
      await client.end();
    }
  }
}
