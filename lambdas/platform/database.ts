import { Pool, type PoolClient, type PoolConfig } from 'pg';
import { isConnectionError } from '../runtime/versions/postgres';
import type { Address } from './environment';
import { log } from './log';
import type { Secret } from './secrets';

/** A primary and its replicas. Every function reaches the database through one of these. */
export interface Database {
  /** Connections to the primary. */
  readonly writer: Pool;
  /** Connections to each replica; may be empty. */
  readonly readers: readonly Pool[];
}

export interface DatabaseOptions {
  readonly writer: Address;
  readonly readers: readonly Address[];
  readonly name: string;
  readonly secret: Pick<Secret, 'value' | 'refused'>;

  /** Connections per server. An environment serves one request at a time, so it needs few. */
  readonly poolSize: number;

  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;

  /**
   * Longest time of a statement, in milliseconds; 0 means for ever.
   * @default 2000
   */
  readonly statementTimeoutMs?: number;

  /**
   * Longest time of connecting, or of waiting for a free connection, in milliseconds.
   * @default 1000
   */
  readonly connectTimeoutMs?: number;

  /**
   * Authorities that the server's certificate is checked against, as PEM. TLS is not optional: RDS refuses anything else by
   * default.
   * @default - Node's own and those of `NODE_EXTRA_CA_CERTS`
   */
  readonly authorities?: string;
}

/**
 * Below the 350 s after which the network of a Lambda function in a VPC forgets an idle connection without telling either end.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/foundation-networking.html
 */
const IDLE_TIMEOUT_MS = 240_000;

/** `query_timeout` is what the client gives up after when the server says nothing at all: later than the server's own timeout. */
const QUERY_TIMEOUT_SLACK_MS = 500;

/** SQLSTATE of a refused password, and of a role that may not log in: signs of a secret that was rotated. */
const AUTHENTICATION_FAILED = ['28P01', '28000'];

/** Connects lazily: nothing happens until the first query. */
export function createDatabase(options: DatabaseOptions): Database {
  const { statementTimeoutMs = 2_000, connectTimeoutMs = 1_000 } = options;
  const pool = ({ host, port }: Address): Pool => {
    const created = new SecretPool(
      {
        host,
        port,
        database: options.name,
        max: options.poolSize,
        ssl: { ca: options.authorities, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
        application_name: options.applicationName,
        connectionTimeoutMillis: connectTimeoutMs,
        idleTimeoutMillis: IDLE_TIMEOUT_MS,
        keepAlive: true,
        ...(statementTimeoutMs > 0 && {
          statement_timeout: statementTimeoutMs,
          query_timeout: statementTimeoutMs + QUERY_TIMEOUT_SLACK_MS,
          idle_in_transaction_session_timeout: 4 * statementTimeoutMs,
        }),
      },
      options.secret,
    );
    // A connection that dies while nobody uses it is replaced by the next request; without a listener it would end the process.
    created.on('error', (error) => log.warn('idle database connection lost', { host, port, error }));
    return created;
  };
  return { writer: pool(options.writer), readers: options.readers.map(pool) };
}

/** Closes every connection. */
export async function closeDatabase(database: Database): Promise<void> {
  await Promise.all([database.writer, ...database.readers].map((pool) => pool.end()));
}

/**
 * Runs `work` in one transaction, and commits it where it returns. A connection that turns out to be dead before the transaction
 * began is replaced once; after that nothing is repeated, because it may have happened.
 *
 * @param committed runs on the same connection after the commit. It may fail, which closes the connection, and nothing else.
 * @throws whatever `work` throws; the transaction is rolled back then.
 */
export async function transaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  committed?: (client: PoolClient) => Promise<void>,
): Promise<T> {
  const { client } = await firstStatement(pool, (candidate) => candidate.query('BEGIN'));
  const effects: (() => void)[] = [];
  effectsOf.set(client, effects);
  let result: T;
  try {
    result = await work(client);
    await client.query('COMMIT');
  } catch (error) {
    // The connection stays usable where the rollback succeeds; otherwise it is closed, which rolls back too.
    const lost = await client.query('ROLLBACK').then(noError, (problem: Error) => problem);
    client.release(lost);
    throw error;
  } finally {
    effectsOf.delete(client);
  }
  client.release(await committed?.(client).then(noError, (error: Error) => error));
  for (const effect of effects) effect();
  return result;
}

const noError = (): undefined => undefined;

const effectsOf = new WeakMap<PoolClient, (() => void)[]>();

/**
 * Has `effect` run after the commit of the {@link transaction} that the client is in; never where that is rolled back.
 *
 * @throws {Error} where the client is in none.
 */
export function onCommit(client: PoolClient, effect: () => void): void {
  const effects = effectsOf.get(client);
  if (!effects) throw new Error('onCommit: the client must be in a transaction()');
  effects.push(effect);
}

/** Runs one statement that only reads. It is repeated once where a connection that was there turns out to be dead. */
// biome-ignore lint/suspicious/noExplicitAny: rows have the shape that the query gives them
export async function read<Row extends Record<string, any>>(pool: Pool, text: string, values: unknown[] = []): Promise<Row[]> {
  const { client, result } = await firstStatement(pool, (candidate) => candidate.query<Row>(text, values));
  client.release();
  return result.rows;
}

/** Runs a harmless first statement on a connection; a dead connection is noticed by it and replaced once. */
async function firstStatement<T>(
  pool: Pool,
  statement: (client: PoolClient) => Promise<T>,
): Promise<{ client: PoolClient; result: T }> {
  for (let attempt = 1; ; attempt++) {
    const client = await pool.connect();
    try {
      return { client, result: await statement(client) };
    } catch (error) {
      const dead = isConnectionError(error);
      client.release(dead);
      if (attempt === 2 || !dead) throw error;
    }
  }
}

/** A pool whose role and password come from a secret, which may change while the pool lives. */
class SecretPool extends Pool {
  readonly #secret: Pick<Secret, 'value' | 'refused'>;

  constructor(config: PoolConfig, secret: Pick<Secret, 'value' | 'refused'>) {
    super(config);
    this.#secret = secret;
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: Parameters<Pool['connect']>[0]): void;
  override connect(callback?: Parameters<Pool['connect']>[0]): Promise<PoolClient> | undefined {
    const connecting = this.#connect();
    if (!callback) return connecting;
    connecting.then(
      (client) => callback(undefined, client, (release) => client.release(release)),
      (error: Error) => callback(error, undefined, () => {}),
    );
    return undefined;
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.#connectWith(await this.#secret.value());
    } catch (error) {
      if (!AUTHENTICATION_FAILED.includes((error as { code?: string }).code ?? '')) throw error;
      this.#secret.refused();
      return this.#connectWith(await this.#secret.value());
    }
  }

  #connectWith({ username, password }: { username: string; password: string }): Promise<PoolClient> {
    // New connections are made from the pool's options at the time; they keep the password out of what can be listed.
    this.options.user = username;
    Object.defineProperty(this.options, 'password', { value: password, enumerable: false, configurable: true, writable: true });
    return super.connect();
  }
}
