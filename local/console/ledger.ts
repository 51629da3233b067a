import { Client } from 'pg';
import type { Engines } from '../engines';
import type { Outbox, PurgeRow, PurgeStep } from './protocol';

/** Purges that are shown. */
const SHOWN = 50;

/** Limit of a question: a server that is stopped takes connections and never answers. */
const ANSWER_LIMIT_MS = 2000;

/** A purge as the ledger has it. */
export type LedgerPurge = Omit<PurgeRow, 'droppedAt' | 'dropped' | 'stale'> & {
  /** Ids of the invalidations that it is in. */
  readonly invalidations: readonly string[];
};

const milliseconds = (time: string) => `(extract(epoch FROM ${time}) * 1000)::float8`;

/** The latest purges: those of the ledger, and those that no one has taken from the outbox yet. */
const PURGES = `
  SELECT purge_id AS id, tags, paths, mode, version, prompt, ${milliseconds('committed_at')} AS committed_at,
    ${milliseconds('completed_at')} AS completed_at, ${milliseconds('parked_at')} AS parked_at,
    (SELECT coalesce(json_agg(json_build_object('step', step, 'acceptedAt', ${milliseconds('accepted_at')},
       'at', ${milliseconds('at')}) ORDER BY at), '[]')
     FROM cachement.purge_step AS s WHERE s.purge_id = p.purge_id) AS steps,
    (SELECT ${milliseconds('max(not_before)')} FROM cachement.gateway_command_purge AS g
     JOIN cachement.gateway_command AS c USING (command_id) WHERE g.purge_id = p.purge_id AND NOT c.prompt) AS drained_at,
    ARRAY(SELECT invalidation_id FROM cachement.edge_batch_purge AS e JOIN cachement.edge_batch USING (batch_id)
     WHERE e.purge_id = p.purge_id AND invalidation_id IS NOT NULL) AS invalidations
  FROM (
    SELECT p.purge_id, p.tags, p.paths, p.mode, p.version, p.prompt, p.committed_at, p.completed_at, o.parked_at
    FROM cachement.purge AS p LEFT JOIN cachement.outbox AS o USING (purge_id)
    UNION ALL
    SELECT purge_id, tags, paths, mode, version, prompt, created_at, NULL, parked_at
    FROM cachement.outbox AS o
    WHERE purge_id IS NOT NULL AND NOT EXISTS (SELECT FROM cachement.purge AS p WHERE p.purge_id = o.purge_id)
    ORDER BY committed_at DESC LIMIT ${SHOWN}
  ) AS p ORDER BY committed_at DESC`;

const OUTBOX = `
  SELECT count(*)::int AS waiting, count(parked_at)::int AS parked, ${milliseconds('min(created_at)')} AS oldest_at
  FROM cachement.outbox`;

/** Reader of the ledger of purges, in whichever database of the template has one. */
export class LedgerReader {
  readonly #engines: Engines;
  #client?: Client;

  constructor(engines: Engines) {
    this.#engines = engines;
  }

  /** @returns undefined where no database has a ledger. */
  async read(): Promise<{ readonly purges: LedgerPurge[]; readonly outbox: Outbox } | undefined> {
    try {
      this.#client ??= await this.#connect();
      if (!this.#client) return undefined;
      const [purges, outbox] = [await this.#client.query(PURGES), await this.#client.query(OUTBOX)];
      return { purges: purges.rows.map(purgeOf), outbox: withoutNulls(outbox.rows[0]) };
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  async #connect(): Promise<Client | undefined> {
    for (const { name, kind } of await this.#engines.processes()) {
      if (kind !== 'postgres-primary') continue;
      const client = new Client({
        ...this.#engines.databaseAdministrator(name),
        connectionTimeoutMillis: ANSWER_LIMIT_MS,
        query_timeout: ANSWER_LIMIT_MS,
      });
      // A server that goes away ends the connection; the next question says so.
      client.on('error', () => undefined);
      await client.connect();
      const { rows } = await client.query<{ found: boolean }>(`SELECT to_regclass('cachement.purge_step') IS NOT NULL AS found`);
      if (rows[0]?.found) return client;
      await client.end();
    }
    return undefined;
  }
}

interface Line {
  readonly id: string;
  readonly tags: string[];
  readonly paths: string[];
  readonly mode: string;
  readonly version: string | null;
  readonly prompt: boolean;
  readonly committed_at: number;
  readonly completed_at: number | null;
  readonly parked_at: number | null;
  readonly drained_at: number | null;
  readonly steps: PurgeStep[];
  readonly invalidations: string[];
}

function purgeOf({ committed_at, completed_at, parked_at, drained_at, steps, ...line }: Line): LedgerPurge {
  const times = { committedAt: committed_at, completedAt: completed_at, parkedAt: parked_at, drainedAt: drained_at };
  return withoutNulls({ ...line, ...times, steps: steps.map((step) => withoutNulls<PurgeStep>(step)) });
}

/** A row, with what is null left out, and names as TypeScript spells them. */
function withoutNulls<T>(row: object): T {
  const known = Object.entries(row).filter(([, value]) => value !== null);
  return Object.fromEntries(
    known.map(([name, value]) => [name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()), value]),
  ) as T;
}
