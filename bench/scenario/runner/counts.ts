import Redis, { type Cluster, type RedisOptions } from 'ioredis';
import type { Client } from 'pg';
import { KINDS } from '../../../lambdas/runtime/patterns/keys';
import type { Platform } from '../../../local/platform';

/** Commands that no part of the platform may send: they halve a server, stop it, or empty it. */
const FORBIDDEN = ['keys', 'flushdb', 'flushall', 'monitor'];

/** Kinds of patterns' keys that may live on, by what the table says of their end. */
const ENDLESS = Object.entries(KINDS).flatMap(([kind, { ttl }]: [string, { ttl: string }]) => (ttl === 'never' ? [kind] : []));

/**
 * Reads of the app's own tables by anybody but the superuser. A statement of the platform's own, which reads its tables or a
 * position in the log, isn't one.
 */
const READS = `SELECT coalesce(sum(calls), 0)::float8 AS calls FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid
  WHERE NOT rolsuper AND query ~* '^\\s*(select|with)\\y' AND query ~* '\\yfrom\\y' AND query !~* 'cachement\\.|pg_'`;

/** Counts what databases did, by what PostgreSQL itself counts. The extension is made where it is missing. */
export class DatabaseCounts {
  private constructor(private readonly servers: readonly Client[]) {}

  /** @param primary client of the primary as superuser; the extension reaches standbys by replication. */
  static async open(primary: Client, standbys: readonly Client[]): Promise<DatabaseCounts> {
    await primary.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
    const { rows } = await primary.query('SELECT pg_current_wal_lsn() AS lsn');
    for (const standby of standbys) {
      await until(async () => {
        const replayed = await standby.query('SELECT pg_last_wal_replay_lsn() >= $1 AS done', [rows[0].lsn]);
        return replayed.rows[0].done;
      });
    }
    return new DatabaseCounts([primary, ...standbys]);
  }

  /** @param about what the text of a statement must match, as a regular expression of PostgreSQL. */
  async reads(about = ''): Promise<number> {
    const text = `${READS} AND query ~* $1`;
    const counts = await Promise.all(this.servers.map((server) => server.query<{ calls: number }>(text, [about])));
    return counts.reduce((sum, { rows }) => sum + rows[0]!.calls, 0);
  }
}

/** Counts what nodes of caches did, by what they count themselves. */
export class NodeCounts {
  readonly #nodes: readonly Redis[];

  private constructor(nodes: readonly Redis[]) {
    this.#nodes = nodes;
  }

  static async open({ engines }: Platform, names: readonly string[]): Promise<NodeCounts> {
    const nodes = names.map((name) => new Redis({ ...engines.cacheAdministrator(name), lazyConnect: true }));
    await Promise.all(nodes.map((node) => node.connect()));
    return new NodeCounts(nodes);
  }

  /** Calls by the command's name, since the nodes started. */
  async commands(): Promise<Record<string, number>> {
    return this.#sums('commandstats', /^cmdstat_([^:]+):calls=(\d+)/);
  }

  async #sums(section: string, line: RegExp): Promise<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const node of this.#nodes) {
      for (const text of (await node.info(section)).split('\r\n')) {
        const [, name, count] = line.exec(text) ?? [];
        if (name) sums[name] = (sums[name] ?? 0) + Number(count);
      }
    }
    return sums;
  }

  /** What holds of every run, against the counts at its start. */
  async hygiene(before: Readonly<Record<string, number>>): Promise<Record<string, unknown>> {
    const commands = await this.commands();
    const errors = await this.#sums('errorstats', /^errorstat_([^:]+):count=(\d+)/);
    const sent = FORBIDDEN.filter((name) => (commands[name] ?? 0) > (before[name] ?? 0));
    const endless = await this.#endless();
    return {
      keysWithoutTtl: endless.count,
      ...(endless.count > 0 && { keysWithoutTtlExamples: endless.examples }),
      crossSlotErrors: errors.CROSSSLOT ?? 0,
      forbiddenCommands: sent.length,
      ...(sent.length > 0 && { forbiddenCommandsSent: sent }),
    };
  }

  /** Keys that never end, on the masters. */
  async #endless(): Promise<{ count: number; examples: string[] }> {
    const found: string[] = [];
    for (const node of this.#nodes) {
      if (!/role:master/.test(await node.info('replication'))) continue;
      let cursor = '0';
      do {
        const [next, keys] = await node.scan(cursor, 'COUNT', 1000);
        cursor = next;
        const pipeline = node.pipeline();
        for (const key of keys) pipeline.pttl(key);
        const answers = (await pipeline.exec()) ?? [];
        found.push(...keys.filter((key, index) => answers[index]![1] === -1 && !ENDLESS.includes(key.split(':')[1] ?? '')));
      } while (cursor !== '0');
    }
    return { count: found.length, examples: found.slice(0, 5) };
  }

  close(): void {
    for (const node of this.#nodes) node.disconnect();
  }
}

/** Client of a whole cluster, as its administrator. */
export function clusterClient(node: RedisOptions): Promise<Cluster> {
  const { host, port, ...redisOptions } = node;
  const cluster = new Redis.Cluster([{ host, port }], {
    redisOptions,
    dnsLookup: (address, callback) => callback(null, address),
    lazyConnect: true,
  });
  return cluster.connect().then(() => cluster);
}

/** Asks ten times a second. @throws {Error} after the limit, in milliseconds. */
export async function until(ask: () => Promise<boolean>, what = 'what was waited for', limitMs = 300_000): Promise<void> {
  for (const end = performance.now() + limitMs; performance.now() < end; ) {
    if (await ask()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what} did not come within ${limitMs / 1000} s`);
}
