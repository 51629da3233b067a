import type { Pool, PoolClient } from 'pg';
import { wholeNumbers } from '../arguments';
import { type Clock, systemClock } from '../clock';
import { ignored } from '../errors';
import { LoadScope } from '../load/load-scope';
import { isConnectionError, isRecoveryConflict, isTimeout, ReplicaBehind, ReplicaUnfit } from './postgres-errors';
import { type Position, toPosition, VERSION_STATEMENT, type VersionRow } from './postgres-position';
import type { Loaded, LoadRequest, VersionSource } from './source';
import { laterVersion, previousVersion, type Version } from './version';

export { isConnectionError };

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
   * Rest of a replica that failed, or of a primary that didn't answer in time while a replica does, in milliseconds, in which it
   * isn't asked.
   * @default 2000
   */
  readonly replicaRestMs?: number;

  /**
   * Clock; for tests.
   * @default - the system clock
   */
  readonly clock?: Clock;
}

const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY';

/**
 * Connection that a load holds. Loads within it use it, too: were they to wait for another one, they could wait for each other.
 */
interface HeldConnection {
  readonly pool: Pool;
  readonly client: PoolClient;
  readonly parent: HeldConnection | undefined;
  readonly nested: Set<Promise<unknown>>;
  done: boolean;
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
  /** Time until which the primary, which didn't answer in time, isn't asked where a replica answers. */
  #primaryRestsUntil = Number.NEGATIVE_INFINITY;
  /** Times until which waiting for a replica is taken to be of no use. */
  readonly #hurryUntil = new Map<Pool, number>();
  #next = 0;
  readonly #held = new LoadScope<HeldConnection>();

  readonly #servers: PostgresServers;

  constructor(servers: PostgresServers, options: PostgresVersionsOptions = {}) {
    this.#servers = servers;
    this.#clock = options.clock ?? systemClock;
    const defaults = { fenceMs: 60_000, replicaBudgetMs: 200, replicaRestMs: 2_000, replayWaitMs: 20 };
    const numbers = wholeNumbers(defaults, options, ['replicaRestMs', 'replayWaitMs']);
    this.#fenceMs = numbers.fenceMs;
    this.#replicaBudgetMs = numbers.replicaBudgetMs;
    this.#replicaRestMs = numbers.replicaRestMs;
    this.#replayWaitMs = numbers.replayWaitMs;
  }

  async current(): Promise<Version> {
    const readAt = this.#clock.now();
    const outer = this.#held.current;
    const version = await currentVersion(outer?.pool === this.#servers.writer ? outer.client : this.#servers.writer);
    this.#floor = { version, readAt };
    return version;
  }

  async load<T>(loader: (handle: Handle) => Promise<T>, request: LoadRequest): Promise<Loaded<T>> {
    const outer = this.#held.current;
    const within = outer && (await this.#loadWithin(outer, loader, request));
    if (within) return within;
    // Within a load from a replica that isn't far enough only the primary is left: whoever holds one of its connections waits for
    // no other.
    const replicas = outer || request.primaryOnly ? [] : this.#replicas();
    if (replicas.length > 0) {
      const floor = await this.#freshFloor();
      const minVersion = floor && laterVersion(request.minVersion, floor);
      let nearest: ReplicaBehind | undefined;
      for (const replica of minVersion ? replicas : []) {
        try {
          return await this.#loadFrom(replica, loader, request.signal, minVersion);
        } catch (error) {
          if (!(error instanceof ReplicaUnfit)) throw error;
          if (error instanceof ReplicaBehind && (!nearest || error.version > nearest.version)) nearest = error;
        }
      }
      if (nearest && (this.#hurryUntil.get(nearest.pool) ?? 0) <= this.#clock.now()) {
        try {
          return await this.#loadFrom(nearest.pool, loader, request.signal, minVersion, this.#replayWaitMs);
        } catch (error) {
          if (!(error instanceof ReplicaUnfit)) throw error;
          this.#hurryUntil.set(nearest.pool, this.#clock.now() + this.#replicaRestMs);
        }
      }
    }
    const rests = this.#primaryRests();
    const instead = rests && (await this.#loadWithoutPrimary(loader, request));
    if (instead) return instead;
    try {
      return await this.#loadFrom(this.#servers.writer, loader, request.signal);
    } catch (error) {
      if (!isConnectionError(error)) throw error;
      this.#restPrimary(error);
      const loaded = rests ? undefined : await this.#loadWithoutPrimary(loader, request);
      if (loaded) return loaded;
      throw error;
    }
  }

  /**
   * Load from a replica: without its primary the system still answers reads, but nobody can say how old a replica is, so nothing
   * of it is stored.
   *
   * @returns undefined where no replica is fit.
   */
  async #loadWithoutPrimary<T>(
    loader: (handle: Handle) => Promise<T>,
    { signal, minVersion }: LoadRequest,
  ): Promise<Loaded<T> | undefined> {
    for (const replica of this.#replicas()) {
      try {
        return { ...(await this.#loadFrom(replica, loader, signal, minVersion)), fillable: false };
      } catch (error) {
        if (!(error instanceof ReplicaUnfit)) throw error;
      }
    }
    return undefined;
  }

  #primaryRests(): boolean {
    return this.#primaryRestsUntil > this.#clock.now();
  }

  /** Has the primary rest that didn't answer: each further question would take as long. One that refuses does so at once. */
  #restPrimary(error: unknown): void {
    if (isTimeout(error)) this.#primaryRestsUntil = this.#clock.now() + this.#replicaRestMs;
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
    if (this.#primaryRests()) return undefined;
    try {
      return await this.current();
    } catch (error) {
      this.#restPrimary(error);
      return undefined;
    }
  }

  /** Load on the connection of the load around it; undefined where its server isn't far enough. */
  async #loadWithin<T>(
    outer: HeldConnection,
    loader: (handle: Handle) => Promise<T>,
    request: LoadRequest,
  ): Promise<Loaded<T> | undefined> {
    const { client, pool, nested } = outer;
    const run = async () => {
      const position = toPosition((await client.query<VersionRow>(VERSION_STATEMENT)).rows[0]);
      if (position.standby && pool !== this.#servers.writer) {
        const floor = request.primaryOnly ? undefined : await this.#freshFloor();
        if (!floor || position.version < (laterVersion(request.minVersion, floor) as Version)) return undefined;
      }
      try {
        return this.#loaded(await loader(client), pool, position);
      } catch (error) {
        // A statement that failed has ended the transaction of the load around it, which may go on without this value.
        await client.query(`ROLLBACK; ${BEGIN}`).catch(ignored);
        throw error;
      }
    };
    const running = run();
    nested.add(running);
    return running.finally(() => nested.delete(running));
  }

  async #loadFrom<T>(
    pool: Pool,
    loader: (handle: Handle) => Promise<T>,
    signal: AbortSignal | undefined,
    minVersion?: Version,
    waitMs = 0,
  ): Promise<Loaded<T>> {
    const replica = pool !== this.#servers.writer;
    const { client, position } = replica ? await this.#openReplica(pool, minVersion, waitMs) : await open(pool);
    let released = false;
    const release = (destroy: boolean) => {
      if (!released) client.release(destroy);
      released = true;
    };
    // A loader that never settles must not keep its connection.
    const abort = () => release(true);
    if (signal?.aborted) abort();
    signal?.throwIfAborted();
    signal?.addEventListener('abort', abort);
    const held: HeldConnection = { pool, client, parent: this.#held.current, nested: new Set(), done: false };
    const end = async (statement: 'COMMIT' | 'ROLLBACK') => {
      held.done = true;
      // Those that nobody waited for.
      await Promise.allSettled(held.nested);
      if (!released) await client.query(statement);
      release(false);
    };
    try {
      const value = await this.#held.run(held, () => loader(client as Handle));
      await end('COMMIT');
      return this.#loaded(value, pool, position);
    } catch (error) {
      const lost = isConnectionError(error);
      if (lost) release(true);
      // An error of the loader's own is no reason to connect anew.
      await end('ROLLBACK').catch(() => release(true));
      if (replica && (lost || isRecoveryConflict(error))) throw this.#rest(pool, error);
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /**
   * Loaded value with what it may claim, by what the server is, not by its name: a writer's name may lead to a standby after a
   * failover, and a reader's to the primary. What isn't as it should be is returned and not filled.
   */
  #loaded<T>(value: T, pool: Pool, { standby, version }: Position): Loaded<T> {
    const fillable = standby === (pool !== this.#servers.writer);
    // The insert position can be past a commit that isn't visible yet, so a primary's load claims one less.
    return standby
      ? { value, version, origin: 'replica', fillable }
      : { value, version: previousVersion(version), origin: 'primary', fillable };
  }

  async #openReplica(
    pool: Pool,
    minVersion: Version | undefined,
    waitMs: number,
  ): Promise<{ client: PoolClient; position: Position }> {
    const connecting = pool.connect();
    // A wait for a connection of this process's own loads is no slowness of the replica.
    if (pool.idleCount === 0 && pool.totalCount >= pool.options.max) await connecting.catch(ignored);
    let late = false;
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        late = true;
        reject(new ReplicaUnfit('no answer in time'));
      }, this.#replicaBudgetMs);
    });
    const opening = open(pool, connecting).then((opened) => {
      if (late) opened.client.release(true);
      return opened;
    });
    try {
      const opened = await Promise.race([opening, deadline]);
      return minVersion ? await this.#replayed(pool, opened, minVersion, waitMs) : opened;
    } catch (error) {
      opening.catch(ignored);
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
async function open(pool: Pool, connecting = pool.connect()): Promise<{ client: PoolClient; position: Position }> {
  const client = await connecting;
  try {
    const results = (await client.query(`${BEGIN}; ${VERSION_STATEMENT}`)) as unknown as {
      rows: VersionRow[];
    }[];
    return { client, position: toPosition(results[1]?.rows[0]) };
  } catch (error) {
    client.release(error instanceof Error ? error : true);
    throw error;
  }
}
