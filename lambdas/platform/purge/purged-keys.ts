import type { Pool } from 'pg';
import { type Route, type RouteParameters, routeTags } from '../../../lib/route';
import { fillTemplate } from '../../../lib/route/template';
import type { Handle } from '../../runtime/versions/postgres';
import { read } from '../database';
import { type CachedOptions, valueTag } from '../http/response';

/** A key whose response can be compared: how it is asked for, and what the primary has. */
export interface ComparedKey {
  /** Route of the key. */
  readonly route: Route;

  /** Parameters of the route, as the handler makes its key of them. */
  readonly parameters: RouteParameters;

  /**
   * Options that the handler makes the response with.
   * @default - those of `cached`
   */
  readonly response?: CachedOptions;

  /** Loads the value, as the route's handler does. */
  load(handle: Handle): Promise<unknown>;
}

/** A key that was purged, and the entity tag that its response has if it is as the primary is. */
export interface PurgedKey {
  readonly purgeId: string;
  readonly path: string;
  readonly entityTag: string;
}

export interface PurgedKeysOptions {
  /** The last purge of each key is from here on, and before `to`. */
  readonly from: Date;
  readonly to: Date;
  /** The key that a tag stands for. @returns undefined where there is none to be compared. */
  keyOf(tag: string): ComparedKey | undefined;
  /** @default 10 */
  readonly limit?: number;
}

/** Tags that are looked at for each key that is wanted: some stand for none, or for one that was purged again by another tag. */
const TAGS_PER_KEY = 4;

/** Purges that were requested since a time, whether or not they are in the ledger yet. */
const PURGES_SINCE = `(
  SELECT purge_id, tags, paths, mode, committed_at AS at FROM cachement.purge WHERE committed_at >= $1
  UNION ALL
  SELECT purge_id, tags, paths, mode, created_at FROM cachement.outbox AS o WHERE purge_id IS NOT NULL AND created_at >= $1
    AND NOT EXISTS (SELECT FROM cachement.purge AS p WHERE p.purge_id = o.purge_id)) AS since`;

/**
 * Some of the keys whose last purge was committed within a time, with what the primary has of them. The same question has the
 * same answer for as long as nothing of it was purged again, or changed. A purge of mode `expire` allows old values, so that its
 * keys aren't in it.
 *
 * @param primary because it is what the other tiers are compared with.
 */
export async function purgedKeys(primary: Pool, { from, to, keyOf, limit = 10 }: PurgedKeysOptions): Promise<PurgedKey[]> {
  const rows = await read<{ tag: string; purge_id: string }>(
    primary,
    `SELECT tag, (array_agg(purge_id ORDER BY at DESC))[1] AS purge_id FROM ${PURGES_SINCE}, unnest(tags) AS tag
     GROUP BY tag HAVING max(at) < $2 AND (array_agg(mode ORDER BY at DESC))[1] = 'delete'
     ORDER BY md5(tag || $1::text), tag LIMIT $3`,
    [from, to, limit * TAGS_PER_KEY],
  );
  const candidates = rows.flatMap(({ tag, purge_id }) => {
    const key = keyOf(tag);
    return key ? [{ key, purgeId: purge_id, path: requestPath(key), tags: routeTags(key.route, key.parameters) }] : [];
  });
  if (candidates.length === 0) return [];
  const later = await read<{ item: string }>(
    primary,
    `SELECT DISTINCT item FROM ${PURGES_SINCE}, unnest(tags || paths) AS item
     WHERE at >= $2 AND (item = ANY($3) OR starts_with(item, '/'))`,
    [from, to, candidates.flatMap(({ tags }) => tags)],
  );
  const purgedAgain = ({ path, tags }: (typeof candidates)[number]): boolean =>
    later.some(({ item }) => tags.includes(item) || item === path || (item.endsWith('*') && path.startsWith(item.slice(0, -1))));

  const handle: Handle = {
    query: async <Row>(text: string, values?: unknown[]) => ({ rows: (await read(primary, text, values)) as Row[] }),
  };
  const found: PurgedKey[] = [];
  for (const candidate of candidates) {
    if (found.length === limit) break;
    const { key, purgeId, path } = candidate;
    if (purgedAgain(candidate) || found.some((other) => other.path === path)) continue;
    found.push({ purgeId, path, entityTag: valueTag(await key.load(handle), key.response) });
  }
  return found;
}

/** Path and query string of the request for a key. */
function requestPath({ route, parameters }: ComparedKey): string {
  const path = fillTemplate(route.path, (name) => encodeURIComponent(parameters[name] ?? '')) as string;
  const query = Object.keys(route.query).flatMap((name) => {
    const value = parameters[name];
    return value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`];
  });
  return query.length > 0 ? `${path}?${query.join('&')}` : path;
}
