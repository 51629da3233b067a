import { platformRoutes } from '../../../lib/route';
import type { Cache } from '../../runtime/cache';
import { RedisStore } from '../../runtime/shared/redis-store';
import type { Handle } from '../../runtime/versions/postgres';
import type { Database } from '../database';
import { health } from '../health';
import { type ComparedKey, purgedKeys } from '../purge/purged-keys';
import { isPurgeId, listPurges, purgeReport } from '../purge/report';
import { Problem } from './problem';
import { uncached } from './response';
import type { Endpoint, Handler } from './router';

/** Options of the platform's endpoints. */
export interface PlatformEndpointsOptions {
  /** Database whose ledger is read, and whose servers are asked. */
  readonly database: Database;

  /** Cache whose shared tier is asked. */
  readonly cache: Cache<Handle>;

  /**
   * Key whose response a purged tag is on, so that a `PurgeProbe` can compare it with the primary; undefined for a tag that
   * stands for none. A tag may come from anybody who purges: check that it is what the application makes.
   * @default - `/purged-keys` isn't answered
   */
  readonly keyOf?: (tag: string) => ComparedKey | undefined;
}

/** Time that a list of purges goes back by default, in milliseconds. */
const LISTED_MS = 3_600_000;

/**
 * Endpoints of {@link platformRoutes}, for the router of a function that reads: what purges did, which `cachement purges` asks,
 * and each tier's state. Their routes are added to the API by `CachingPlatform.addPlatformRoutes`.
 */
export function platformEndpoints({ database, cache, keyOf }: PlatformEndpointsOptions): Endpoint[] {
  const getPurge: Handler = async ({ parameters: { purgeId = '' } }) => {
    if (!isPurgeId(purgeId)) throw new Problem(400, `'purgeId' must be a UUID, got: '${purgeId.slice(0, 100)}'`);
    const report = await purgeReport(database.writer, purgeId);
    if (!report) throw new Problem(404, `there is no purge ${purgeId}`);
    return uncached(200, report);
  };
  const getPurges: Handler = async ({ parameters: { from, to } }) => {
    const until = time('to', to) ?? new Date();
    const since = time('from', from) ?? new Date(until.getTime() - LISTED_MS);
    return uncached(200, { purges: await listPurges(database.writer, since, until) });
  };
  const getHealth: Handler = async () => {
    const { shared } = cache.internals.read;
    const state = await health(shared instanceof RedisStore ? shared : undefined, database);
    return uncached(state.status === 'down' ? 503 : 200, state);
  };
  const getPurgedKeys =
    (known: NonNullable<typeof keyOf>): Handler =>
    async ({ parameters: { from, to } }) => {
      const range = { from: time('from', from) as Date, to: time('to', to) as Date };
      return uncached(200, { keys: await purgedKeys(database.writer, { ...range, keyOf: known }) });
    };
  return [
    { route: platformRoutes.purge, GET: getPurge },
    { route: platformRoutes.purges, GET: getPurges },
    { route: platformRoutes.health, GET: getHealth },
    ...(keyOf ? [{ route: platformRoutes.purgedKeys, GET: getPurgedKeys(keyOf) }] : []),
  ];
}

/** ISO 8601 with a year that every database has: JavaScript has years back to -271821, PostgreSQL to -4712. */
const TIME = /^\d{4}-\d{2}-\d{2}(T|$)/;

/** @throws {Problem} 400 where the text is no time. */
function time(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const date = new Date(text);
  if (Number.isNaN(date.getTime()) || !TIME.test(text))
    throw new Problem(400, `'${name}' must be a time as in ISO 8601, got: '${text.slice(0, 100)}'`);
  return date;
}
