import type { Pool, PoolClient } from 'pg';
import { type Clock, systemClock } from '../clock';
import type { Loaded, LoadRequest, VersionSource } from './source';
import { formatVersion, laterVersion, previousVersion, type Version } from './version';

/** Handle of a loader: one connection in one transaction, so that the version and the rows come from the same server. */
export interface Handle {
  /** Runs one statement. */
  // biome-ignore lint/suspicious/noExplicitAny: rows have the shape that the query gives them
  query<Row = any>(text: string, values?: unknown[]): Promise<{ rows: Row[] }>;
}

/** Servers: a primary and its streaming replicas. */
export interface PostgresServers {
  /** The primary. */
  readonly writer: Pool;
  /** Replicas, a pool each; none is fine. */
  readonly readers: readonly Pool[];
}

/** Timeouts of PostgresVersions. */
export interface PostgresVersionsOptions {
  /**
   * Life of a fence in the shared tier, in milliseconds. A replica must have replayed a primary's version that is at most half as
   * old.
   * @default 60000
   */
  readonly fenceMs?: number;

  /**
   * Longest time for a replica to report its position, in milliseconds, before the next server is asked.
   * @default 200
   */
  readonly replicaBudgetMs?: number;

  /**
   * Longest wait of a load for a replica to replay what it must contain, in milliseconds, where no replica has; then the primary
   * is asked. A replica for which waiting was of no use isn't waited for again for {@link replicaRestMs}.
   * @default 20
   */
  readonly replayWaitMs?: number;

  /**
   * Rest of a replica that failed, in milliseconds, in which it isn't asked.
   * @default 2000
   */
  readonly replicaRestMs?: number;

  /**
   * Clock; for tests.
   * @default - the system clock
   */
  readonly clock?: Clock;
}

/**
 * Statement of the version. On a primary: the insert position, which is past every commit that has returned; a file name of the
 * log begins with the timeline. On a standby: what is replayed, and the timeline of its last restart point, which errs towards
 * the older.
 */
const VERSION_STATEMENT = `SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END::text AS lsn,
  CASE WHEN pg_is_in_recovery() THEN NULL ELSE substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) END AS timeline_hex,
  CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint()) END AS timeline,
  pg_is_in_recovery() AS standby`;

interface VersionRow {
  lsn: string | null;
  timeline_hex: string | null;
  timeline: number | null;
  standby: boolean;
}

interface Position {
  version: Version;
  standby: boolean;
}

/** Error of a replica that isn't far enough, or doesn't answer in time; another server is asked. */
class ReplicaUnfit extends Error {}

/** Error of a replica that answers, but hasn't replayed enough. */
class ReplicaBehind extends ReplicaUnfit {
  constructor(
    readonly pool: Pool,
    readonly version: Version,
    needed: Version,
  ) {
    super(`has replayed ${version}, needed ${needed}`);
  }
}

/** Interval at which a replica that is waited for is asked for its position, in milliseconds. */
const REPLAY_POLL_MS = 4;

/**
 * Reads the primary's version.
 *
 * @throws {Error} where the server is in recovery: a version of a write is only worth something from the primary.
 */
export async function currentVersion(primary: { query: Pool['query'] }): Promise<Version> {
  const { rows } = await primary.query<VersionRow>(VERSION_STATEMENT);
  const position = toPosition(rows[0]);
  if (position.standby) throw new Error('the version of a write must be read on the primary, but the server is in recovery');
  return position.version;
}

/** Versions of a PostgreSQL primary and its replicas, by timeline and log position. */
export class PostgresVersions implements VersionSource<Handle> {
  readonly #clock: Clock;
  readonly #fenceMs: number;
  readonly #replicaBudgetMs: number;
  readonly #replicaRestMs: number;
  readonly #replayWaitMs: number;
  /** Primary's version that this process read, and the time at which it asked. */
  #floor: { version: Version; readAt: number } | undefined;
  readonly #restUntil = new Map<Pool, number>();
  /** Times until which waiting for a replica is taken to be of no use. */
  readonly #hurryUntil = new Map<Pool, number>();
  #next = 0;

  readonly #servers: PostgresServers;

  constructor(servers: PostgresServers, options: PostgresVersionsOptions = {}) {
    this.#servers = servers;
    this.#clock = options.clock ?? systemClock;
    this.#fenceMs = options.fenceMs ?? 60_000;
    this.#replicaBudgetMs = options.replicaBudgetMs ?? 200;
    this.#replicaRestMs = options.replicaRestMs ?? 2_000;
    this.#replayWaitMs = options.replayWaitMs ?? 20;
  }

  async current(): Promise<Version> {
    const readAt = this.#clock.now();
    const version = await currentVersion(this.#servers.writer);
    this.#floor = { version, readAt };
    return version;
  }

  async load<T>(loader: (handle: Handle) => Promise<T>, request: LoadRequest): Promise<Loaded<T>> {
    const replicas = request.primaryOnly ? [] : this.#replicas();
    if (replicas.length > 0) {
      const floor = await this.#freshFloor();
      const minVersion = floor && laterVersion(request.minVersion, floor);
      let nearest: ReplicaBehind | undefined;
      for (const replica of minVersion ? replicas : []) {
        try {
          return await this.#loadFrom(replica, loader, minVersion);
        } catch (error) {
          if (!(error instanceof ReplicaUnfit)) throw error;
          if (error instanceof ReplicaBehind && (!nearest || error.version > nearest.version)) nearest = error;
        }
      }
      if (nearest && (this.#hurryUntil.get(nearest.pool) ?? 0) <= this.#clock.now()) {
        try {
          return await this.#loadFrom(nearest.pool, loader, minVersion, this.#replayWaitMs);
        } catch (error) {
          if (!(error instanceof ReplicaUnfit)) throw error;
          this.#hurryUntil.set(nearest.pool, this.#clock.now() + this.#replicaRestMs);
        }
      }
    }
    try {
      return await this.#loadFrom(this.#servers.writer, loader, undefined);
    } catch (error) {
      // Without its primary the system still answers reads, but nobody can say how old a replica is, so nothing of it is stored.
      if (!isConnectionError(error)) throw error;
      for (const replica of this.#replicas()) {
        try {
          return { ...(await this.#loadFrom(replica, loader, request.minVersion)), fillable: false };
        } catch (replicaError) {
          if (!(replicaError instanceof ReplicaUnfit)) throw replicaError;
        }
      }
      throw error;
    }
  }

  /** Replicas that aren't resting, beginning with another one each time. */
  #replicas(): Pool[] {
    const now = this.#clock.now();
    const ready = this.#servers.readers.filter((pool) => (this.#restUntil.get(pool) ?? 0) <= now);
    const start = this.#next++ % Math.max(1, ready.length);
    return [...ready.slice(start), ...ready.slice(0, start)];
  }

  /** Primary's version that is at most half a fence's life old: a purge whose fence has ended is then certainly below it. */
  async #freshFloor(): Promise<Version | undefined> {
    if (this.#floor && this.#clock.now() - this.#floor.readAt <= this.#fenceMs / 2) return this.#floor.version;
    try {
      return await this.current();
    } catch {
      return undefined;
    }
  }

  async #loadFrom<T>(
    pool: Pool,
    loader: (handle: Handle) => Promise<T>,
    minVersion: Version | undefined,
    waitMs = 0,
  ): Promise<Loaded<T>> {
    const replica = pool !== this.#servers.writer;
    const { client, position } = replica ? await this.#openReplica(pool, minVersion, waitMs) : await open(pool);
    try {
      const value = await loader(client as Handle);
      await client.query('COMMIT');
      client.release();
      // The insert position can be past a commit that isn't visible yet, so a primary's load claims one less.
      return position.standby
        ? { value, version: position.version, origin: 'replica', fillable: true }
        : { value, version: previousVersion(position.version), origin: 'primary', fillable: !replica };
    } catch (error) {
      client.release(error instanceof Error ? error : true);
      if (replica && (isConnectionError(error) || isRecoveryConflict(error))) throw this.#rest(pool, error);
      throw error;
    }
  }

  async #openReplica(
    pool: Pool,
    minVersion: Version | undefined,
    waitMs: number,
  ): Promise<{ client: PoolClient; position: Position }> {
    let late = false;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        late = true;
        reject(new ReplicaUnfit('no answer in time'));
      }, this.#replicaBudgetMs);
    });
    const opening = open(pool).then((opened) => {
      if (late) opened.client.release(true);
      return opened;
    });
    try {
      const opened = await Promise.race([opening, deadline]);
      return minVersion ? await this.#replayed(pool, opened, minVersion, waitMs) : opened;
    } catch (error) {
      opening.catch(() => {});
      if (error instanceof ReplicaBehind || (error instanceof ReplicaUnfit && !late)) throw error;
      throw this.#rest(pool, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Asks within the transaction until the replica is far enough: each statement has a snapshot of its own, and the loader's comes
   * last.
   */
  async #replayed(
    pool: Pool,
    opened: { client: PoolClient; position: Position },
    minVersion: Version,
    waitMs: number,
  ): Promise<{ client: PoolClient; position: Position }> {
    const { client } = opened;
    const until = this.#clock.now() + waitMs;
    try {
      let { position } = opened;
      while (position.version < minVersion) {
        if (this.#clock.now() >= until) throw new ReplicaBehind(pool, position.version, minVersion);
        await this.#clock.sleep(REPLAY_POLL_MS);
        position = toPosition((await client.query<VersionRow>(VERSION_STATEMENT)).rows[0]);
      }
      return { client, position };
    } catch (error) {
      if (error instanceof ReplicaBehind) await client.query('COMMIT');
      client.release(error instanceof ReplicaBehind ? undefined : true);
      throw error;
    }
  }

  #rest(pool: Pool, cause: unknown): ReplicaUnfit {
    this.#restUntil.set(pool, this.#clock.now() + this.#replicaRestMs);
    return new ReplicaUnfit('failed', { cause });
  }
}

/** Begins the transaction and reads the version in one round trip; the snapshot of the loader's query comes after it. */
async function open(pool: Pool): Promise<{ client: PoolClient; position: Position }> {
  const client = await pool.connect();
  try {
    const results = (await client.query(`BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; ${VERSION_STATEMENT}`)) as unknown as {
      rows: VersionRow[];
    }[];
    return { client, position: toPosition(results[1]?.rows[0]) };
  } catch (error) {
    client.release(error instanceof Error ? error : true);
    throw error;
  }
}

function toPosition(row: VersionRow | undefined): Position {
  if (!row?.lsn) throw new ReplicaUnfit('has replayed nothing yet');
  const timeline = row.timeline_hex ? Number.parseInt(row.timeline_hex, 16) : (row.timeline ?? 0);
  return { version: formatVersion(timeline, row.lsn), standby: row.standby };
}

/**
 * True for an error of the connection: SQLSTATE classes 08 (connection) and 57P (shutdown), Node's socket errors, and pg's own
 * sentences about a lost connection.
 */
export function isConnectionError(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  if (code && /^(08|57P0|E(CONN|PIPE|TIMEDOUT|HOST|NET|NOTFOUND|AI_AGAIN))/.test(code)) return true;
  return /connection (terminated|timeout)|timeout exceeded when trying to connect|terminating connection/i.test(message ?? '');
}

/** True for the error of a query that a standby canceled because it stood in the way of replay. */
function isRecoveryConflict(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === '40001' || (code === '40P01' && /recovery/.test(message ?? ''));
}
