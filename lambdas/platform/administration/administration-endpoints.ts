import type { PurgeMode } from '../../../lib/contract/events';
import { administrationRoutes, tagProblem } from '../../../lib/route';
import type { Cache } from '../../runtime/cache';
import type { RedisConnection } from '../../runtime/connection/redis-connection';
import { CacheError } from '../../runtime/errors';
import { Administration } from '../../runtime/patterns/administration';
import type { Handle } from '../../runtime/versions/postgres';
import type { Bus } from '../bus';
import type { Database } from '../database';
import { Problem } from '../http/problem';
import type { ProxyEvent } from '../http/request';
import { uncached } from '../http/response';
import type { Endpoint, Handler } from '../http/router';
import { createWriter } from '../purge/writer';
import { HandPurges } from './hand-purges';
import type { RoutePaths } from './outer-paths';

/** Options of {@link administrationEndpoints}. */
export interface AdministrationEndpointsOptions {
  /** Database, as the role of the purge path. */
  readonly database: Database;
  readonly cache: Cache<Handle>;
  readonly connection: RedisConnection;
  readonly bus: Bus;
  readonly routes: RoutePaths;
}

/** Endpoints of {@link administrationRoutes}. Who may ask is the gateway's to say. */
export function administrationEndpoints(options: AdministrationEndpointsOptions): Endpoint[] {
  const { database, cache, connection, bus, routes } = options;
  const administration = new Administration({ connection });
  const writer = createWriter({ database, shared: cache, bus });
  const purges = new HandPurges({ database, cache, writer, administration, routes });

  const getStats: Handler = async () => {
    const [shards, waiting] = await Promise.all([
      told(administration.stats()),
      database.writer.query<{ purges: number }>(
        'SELECT count(purge_id)::integer AS purges FROM cachement.outbox WHERE purge_id IS NOT NULL',
      ),
    ]);
    return uncached(200, { shards, purgesWaiting: waiting.rows[0]?.purges ?? 0 });
  };
  const getEntry: Handler = async ({ parameters: { name = '', value } }) =>
    uncached(200, await told(administration.inspect(name, { value: value === 'true' })));
  const getKeys: Handler = async ({ parameters: { pattern = '', cursor } }) =>
    uncached(200, await told(administration.keys(pattern, cursor)));
  const getPurges: Handler = async () => uncached(200, { purges: await purges.list() });
  const postPurge: Handler = async ({ json, event }) => {
    const body = json();
    const by = callerOf(event);
    const mode = modeOf(body.mode);
    const asked = ['tags', 'pattern', 'token', 'everything'].filter((name) => body[name] !== undefined);
    if (asked.length !== 1) {
      throw new Problem(
        400,
        `the body must have one of 'tags', 'pattern', 'token' and 'everything', got: ${asked.join(', ') || 'none'}`,
      );
    }
    if (body.tags !== undefined) return uncached(202, { purgeIds: await purges.tags(tagsOf(body.tags), mode, by) });
    if (body.pattern !== undefined) return uncached(200, await told(purges.dryRun(String(body.pattern), mode, by)));
    if (body.token !== undefined) return uncached(202, { purgeIds: await told(purges.execute(String(body.token), by)) });
    if (body.everything !== connection.namespace) {
      throw new Problem(400, `'everything' must be the namespace '${connection.namespace}', so that nobody clears another one`);
    }
    return uncached(202, { purgeIds: await told(purges.everything(mode, by)) });
  };
  return [
    { route: administrationRoutes.stats, GET: getStats },
    { route: administrationRoutes.entries, GET: getEntry },
    { route: administrationRoutes.keys, GET: getKeys },
    { route: administrationRoutes.purges, GET: getPurges, POST: postPurge },
  ];
}

/** Errors of the library as problems. */
async function told<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation;
  } catch (error) {
    if (!(error instanceof CacheError)) throw error;
    throw new Problem(error.code === 'E_INVALID_ARGUMENT' ? 400 : 503, error.message);
  }
}

/** ARN of whoever asks, as API Gateway says it; nobody's where the API is open. */
function callerOf(event: ProxyEvent | undefined): string {
  const { identity } = (event?.requestContext ?? {}) as { readonly identity?: { readonly userArn?: unknown } };
  return typeof identity?.userArn === 'string' ? identity.userArn : 'anonymous';
}

function modeOf(mode: unknown = 'delete'): PurgeMode {
  if (mode !== 'delete' && mode !== 'expire')
    throw new Problem(400, `'mode' must be 'delete' or 'expire', got: ${JSON.stringify(mode)}`);
  return mode;
}

function tagsOf(tags: unknown): string[] {
  if (!Array.isArray(tags) || tags.length < 1 || tags.length > 500)
    throw new Problem(400, "'tags' must be a list of 1 to 500 tags");
  for (const tag of tags) {
    const problem = tagProblem(tag);
    if (problem) throw new Problem(400, problem);
  }
  return tags as string[];
}
