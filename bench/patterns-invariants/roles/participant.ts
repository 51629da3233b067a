import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import { Cache, RedisConnection, RedisStore } from '../../../lambdas/runtime';
import { type Handle, PostgresVersions } from '../../../lambdas/runtime/versions/postgres';
import { seeded } from '../../consistency/random';
import type { Game } from '../game';
import { GAMES } from '../games';
import { Journal } from '../journal';
import type { Part } from '../parts';

/** Options of a process. */
export interface ParticipantOptions {
  readonly seed: number;
  readonly process: string;
  readonly journal: string;
  readonly endpoint: string;
  readonly credentials: { readonly username: string; readonly password: string };
  readonly namespace: string;
  readonly database: {
    readonly host: string;
    readonly port: number;
    readonly name: string;
    readonly username: string;
    readonly password: string;
    readonly authorities: string;
  };
  /** Names of games. */
  readonly games: readonly string[];
  readonly without?: Part;
  /** Milliseconds by which the clock of this process is off. */
  readonly skewMs: number;
}

/** Message to a process. */
export type ToParticipant =
  | { readonly kind: 'begin'; readonly options: ParticipantOptions }
  | { readonly kind: 'end' | 'finish' };

/** Message from a process, a few times a second: its operations so far; or that it is done. */
export type Progress = { readonly operations: Readonly<Record<string, number>>; readonly failures: number };

/** Operations of a game at once, in one process; fewer of those that need a connection to the database. */
const LANES = 16;
const LANES_OF: Readonly<Record<string, number>> = {
  carts: 4,
  feeds: 4,
  generations: 1,
  geo: 4,
  inventory: 4,
  'materialized-view': 2,
};
const PROGRESS_MS = 200;
/** Pause after a failure: a shard that is down needs no flood. */
const RETRY_MS = 20;

/** One process of the run, which may be frozen or killed at any time. */
class Participant {
  readonly #games = new Map<string, Game>();
  readonly #operations: Record<string, number> = {};
  #failures = 0;
  #ending = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: ParticipantOptions) {
    if (options.skewMs !== 0) {
      const now = Date.now;
      Date.now = () => now() + options.skewMs;
    }
    const journal = new Journal(options.journal);
    const { endpoint, credentials, namespace, database } = options;
    // A machine that runs all of this is late.
    const budgets = { budgetMs: 200, writeBudgetMs: 400, connectBudgetMs: 5000 };
    const connection = new RedisConnection({
      endpoint,
      credentials: () => credentials,
      tls: false,
      namespace,
      ...budgets,
      report: () => {},
    });
    const connect = (max: number) => {
      const pool = new Pool({
        host: database.host,
        port: database.port,
        database: database.name,
        user: database.username,
        password: database.password,
        ssl: { ca: database.authorities },
        max,
      });
      pool.on('error', () => {});
      return pool;
    };
    const pool = connect(10);
    const source = new PostgresVersions({ writer: connect(6), readers: [] });
    const cache = new Cache<Handle>({ shared: new RedisStore(connection), source, fallbackConcurrency: 6 });
    for (const name of options.games) {
      const random = seeded(options.seed ^ Math.imul(name.length + name.charCodeAt(0), 0x9e3779b1));
      const note = (kind: string, began: number, data: unknown = {}) => journal.note(name, kind, began, data);
      const make = GAMES[name];
      if (!make) throw new Error(`'${name}' is not a game`);
      const more = (operations: number) => this.#count(name, operations);
      const { process, without } = options;
      this.#games.set(name, make({ connection, cache, pool, random, process, without, note, more }));
      this.#operations[name] = 0;
    }
  }

  start(): void {
    const lanes = [...this.#games].flatMap(([name, game]) =>
      Array.from({ length: LANES_OF[name] ?? LANES }, () => this.#play(name, game)),
    );
    this.#running = Promise.all(lanes);
    setInterval(() => this.#tell(), PROGRESS_MS).unref();
  }

  async end(): Promise<void> {
    this.#ending = true;
    await this.#running;
    this.#tell();
  }

  async finish(): Promise<void> {
    for (const game of this.#games.values()) await game.finish?.();
  }

  async #play(name: string, game: Game): Promise<void> {
    while (!this.#ending) {
      try {
        await game.turn();
        this.#count(name, 1);
      } catch (error) {
        this.#failures++;
        if (!isExpected(error as Error)) console.error(`${name}: ${(error as Error).stack}`);
        await sleep(RETRY_MS);
      }
    }
  }

  #count(name: string, operations: number): void {
    this.#operations[name] = (this.#operations[name] as number) + operations;
  }

  #tell(): void {
    process.send?.({ operations: this.#operations, failures: this.#failures } satisfies Progress);
  }
}

/** True for a tier that can't answer at the moment, of which a run is full. */
function isExpected(error: Error & { code?: string }): boolean {
  return error.code === 'E_SHARED_UNAVAILABLE' || /connection|Connection|ECONN|CLUSTERDOWN|redirection/.test(error.message);
}

let participant: Participant | undefined;

process.on('message', async (message: ToParticipant) => {
  if (message.kind === 'begin') {
    participant = new Participant(message.options);
    participant.start();
  } else if (message.kind === 'end') {
    await participant?.end();
    process.exit(0);
  } else {
    await participant?.end();
    await participant?.finish();
    process.exit(0);
  }
});
process.on('disconnect', () => process.exit(0));
process.on('unhandledRejection', (error) => {
  console.error(`unhandled: ${(error as Error)?.stack ?? error}`);
});
