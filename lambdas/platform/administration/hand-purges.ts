import type { PoolClient } from 'pg';
import type { PurgeMode } from '../../../lib/contract/events';
import type { Cache } from '../../runtime/cache';
import type { Administration } from '../../runtime/patterns/administration';
import type { Handle } from '../../runtime/versions/postgres';
import type { Database } from '../database';
import { Problem } from '../http/problem';
import { requestPurge } from '../purge/purge-requests';
import type { Writer } from '../purge/writer';
import { outerPaths, type RoutePaths } from './outer-paths';

/** Options of HandPurges. */
export interface HandPurgesOptions {
  readonly database: Database;
  readonly cache: Cache<Handle>;
  readonly writer: Writer;
  readonly administration: Administration;
  readonly routes: RoutePaths;
}

/** Purge by hand, as the audit has it. */
export interface HandPurge {
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly tags?: readonly string[];
  readonly pattern?: string;
  readonly mode: PurgeMode;
  readonly entries: number;
  /** @default - a dry run that nothing has followed */
  readonly executedAt?: string;
  readonly purgeIds: readonly string[];
}

/** Dry run of a pattern. */
export interface DryRun {
  /** Entries that match. */
  readonly entries: number;
  /** Some of their names. */
  readonly examples: readonly string[];
  /** Paths that are purged at the edge and the gateway. */
  readonly paths: number;
  /** Price of the edge's invalidation at most, where the month's free paths are used up. */
  readonly usdAtMost: number;
  /** Token that purges these entries, and no others, once. */
  readonly token: string;
  /** End of the token, ISO 8601. */
  readonly expiresAt: string;
}

/** Entries that a pattern may have at most. */
const MOST_ENTRIES = 1000;

/** Life of a token, in minutes. */
const TOKEN_MINUTES = 5;

/** @see https://aws.amazon.com/cloudfront/pricing/ (invalidation requests beyond the first 1000 paths of a month) */
const USD_PER_PATH = 0.005;

/** Paths, and tags, of one row of the outbox. */
const PATHS_PER_PURGE = 10;
const TAGS_PER_PURGE = 50;

/** Entries of a pattern whose tags are looked at to name one that could be purged instead. */
const SAMPLED = 10;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const chunks = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));

/**
 * Purges by hand. Each is a row of the audit, in the transaction of the outbox's rows; what is named by entries or is everything
 * is purged in the shared tier before that commits, so that the outer tiers never go first.
 */
export class HandPurges {
  readonly #options: HandPurgesOptions;

  constructor(options: HandPurgesOptions) {
    this.#options = options;
  }

  /** Looks for the entries of a pattern, and keeps them for the purge. @throws {Problem} 404, 422. */
  async dryRun(pattern: string, mode: PurgeMode, by: string): Promise<DryRun> {
    const { administration, database, routes } = this.#options;
    const { names, complete } = await administration.find(pattern, MOST_ENTRIES);
    if (!complete) {
      const tags = await this.#commonTags(names);
      const instead = tags.length > 0 ? `all that were looked at have the tags ${tags.join(', ')}` : 'they have no tag in common';
      throw new Problem(
        422,
        `more than ${MOST_ENTRIES} entries match '${pattern}', or there are too many to look at; ${instead}`,
      );
    }
    if (names.length === 0) throw new Problem(404, `no entry matches '${pattern}'`);
    const { rows } = await database.writer.query<{ cache_purge_id: string; expires_at: Date }>(
      `INSERT INTO cachement.cache_purge (requested_by, pattern, mode, entries) VALUES ($1, $2, $3, $4)
       RETURNING cache_purge_id, requested_at + make_interval(mins => ${TOKEN_MINUTES}) AS expires_at`,
      [by, pattern, mode, names],
    );
    const paths = outerPaths(names, routes).length;
    const { cache_purge_id: token = '', expires_at } = rows[0] ?? {};
    const usdAtMost = Math.round(paths * USD_PER_PATH * 1000) / 1000;
    return { entries: names.length, examples: names.slice(0, 20), paths, usdAtMost, token, expiresAt: expires_at!.toISOString() };
  }

  /**
   * Purges the entries of a dry run, once. Where it fails nothing is spent: it may be repeated.
   *
   * @returns ids of the purges, none where only the shared tier has the entries.
   * @throws {Problem} 404 where the token isn't good.
   */
  async execute(token: string, by: string): Promise<string[]> {
    const { cache, administration, writer, routes } = this.#options;
    const version = await cache.internals.writePath.versionOf({});
    return writer.transaction(async (client) => {
      const { rows } = await client.query<{ entries: string[]; mode: PurgeMode }>(
        `UPDATE cachement.cache_purge SET executed_at = clock_timestamp(), executed_by = $2
         WHERE cache_purge_id = $1 AND executed_at IS NULL AND pattern IS NOT NULL
           AND requested_at > clock_timestamp() - make_interval(mins => ${TOKEN_MINUTES}) RETURNING entries, mode`,
        [UUID.test(token) ? token : null, by],
      );
      const found = rows[0];
      if (!found) throw new Problem(404, `the token is of no dry run of the last ${TOKEN_MINUTES} minutes, or was used`);
      await administration.purgeEntries(found.entries, version, found.mode);
      const purgeIds: string[] = [];
      for (const paths of chunks(outerPaths(found.entries, routes), PATHS_PER_PURGE)) {
        purgeIds.push(await requestPurge(client, [], { paths, mode: found.mode }));
      }
      await client.query('UPDATE cachement.cache_purge SET purge_ids = $2 WHERE cache_purge_id = $1', [token, purgeIds]);
      return purgeIds;
    });
  }

  /** Purges tags in every tier. @returns ids of the purges. */
  tags(tags: readonly string[], mode: PurgeMode, by: string): Promise<string[]> {
    return this.#options.writer.transaction(async (client) => {
      const purgeIds: string[] = [];
      for (const some of chunks(tags, TAGS_PER_PURGE)) purgeIds.push(await requestPurge(client, some, { mode }));
      await audit(client, { by, tags, mode, purgeIds });
      return purgeIds;
    });
  }

  /** Purges everything in every tier, in constant time. @returns ids of the purges. */
  async everything(mode: PurgeMode, by: string): Promise<string[]> {
    const { cache, writer } = this.#options;
    return writer.transaction(async (client) => {
      await cache.clear({ mode });
      const purgeIds = [await requestPurge(client, [], { paths: ['/*'], mode })];
      await audit(client, { by, tags: ['*'], mode, purgeIds });
      return purgeIds;
    });
  }

  /** The last hundred purges by hand, the latest first. */
  async list(): Promise<HandPurge[]> {
    const { rows } = await this.#options.database.writer.query<{
      requested_by: string;
      requested_at: Date;
      tags: string[] | null;
      pattern: string | null;
      mode: PurgeMode;
      entries: number;
      executed_at: Date | null;
      purge_ids: string[];
    }>(
      `SELECT requested_by, requested_at, tags, pattern, mode, cardinality(entries) AS entries, executed_at, purge_ids
       FROM cachement.cache_purge ORDER BY requested_at DESC LIMIT 100`,
    );
    return rows.map((row) => ({
      requestedBy: row.requested_by,
      requestedAt: row.requested_at.toISOString(),
      ...(row.tags && { tags: row.tags }),
      ...(row.pattern !== null && { pattern: row.pattern }),
      mode: row.mode,
      entries: row.entries,
      ...(row.executed_at && { executedAt: row.executed_at.toISOString() }),
      purgeIds: row.purge_ids,
    }));
  }

  /** Tags of one's own that each of the first entries has. */
  async #commonTags(names: readonly string[]): Promise<string[]> {
    const reports = await Promise.all(names.slice(0, SAMPLED).map((name) => this.#options.administration.inspect(name)));
    const lists = reports.flatMap(({ tags }) => (tags ? [tags.map(({ tag }) => tag).filter((tag) => !tag.startsWith('*'))] : []));
    return (lists[0] ?? []).filter((tag) => lists.every((list) => list.includes(tag)));
  }
}

interface Audited {
  readonly by: string;
  readonly tags: readonly string[];
  readonly mode: PurgeMode;
  readonly purgeIds: readonly string[];
}

async function audit(client: PoolClient, { by, tags, mode, purgeIds }: Audited): Promise<void> {
  await client.query(
    `INSERT INTO cachement.cache_purge (requested_by, executed_by, executed_at, tags, mode, purge_ids)
     VALUES ($1, $1, clock_timestamp(), $2, $3, $4)`,
    [by, tags, mode, purgeIds],
  );
}
