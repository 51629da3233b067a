import { setTimeout as sleep } from 'node:timers/promises';
import { createDatabase, type Database } from '../../lambdas/platform/database';
import { currentVersion } from '../../lambdas/runtime/versions/postgres';
import type { Part } from './ablations';
import { ITEMS, nextRead, nextWrite } from './items';
import { Journal, monotonic } from './journal';
import { type Counters, cacheAside, guarded, type Protocol, type Servers } from './protocol';
import { type Random, seeded } from './random';

/** Addresses of the primary and the standbys. */
export interface Addresses {
  readonly writer: Address;
  readonly readers: readonly Address[];
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Options of a process. */
export interface ParticipantOptions {
  readonly role: 'reader' | 'writer';
  readonly seed: number;
  readonly journal: string;
  readonly endpoint: string;
  readonly credentials: { readonly username: string; readonly password: string };
  readonly namespace: string;
  readonly database: {
    readonly name: string;
    readonly username: string;
    readonly password: string;
    readonly authorities: string;
  };
  readonly addresses: Addresses;
  /** Reads or writes at a time. */
  readonly concurrency: number;
  /** Mean time between two of them, in milliseconds. */
  readonly pauseMs: number;
  readonly guard: boolean;
  readonly without?: Part;
}

/** Message to a process: begin, use other servers, go faster or slower, or end. */
export type ToParticipant =
  | { readonly kind: 'begin'; readonly options: ParticipantOptions }
  | { readonly kind: 'addresses'; readonly addresses: Addresses }
  | { readonly kind: 'pace'; readonly pauseMs: number }
  | { readonly kind: 'end' };

/** Message from a process, a few times a second: the size of its journal on disk, and its counters. */
export interface Progress extends Counters {
  readonly reads: number;
  readonly purges: number;
  readonly errors: number;
}

const PROGRESS_MS = 100;
const RETRY_MS = 30;
/** Connections to each server; five processes of them stay below PostgreSQL's default of 100. */
const POOL_SIZE = 8;

/** A reader or a writer: one process of the run, which may be frozen or killed at any time. */
class Participant {
  readonly #random: Random;
  readonly #journal: Journal;
  readonly #servers: Servers;
  readonly #protocol: Protocol;
  readonly #counters: Counters = { loads: { primary: 0, replica: 0 }, rejects: 0 };
  #errors = 0;
  #ending = false;
  #pauseMs: number;

  constructor(private readonly options: ParticipantOptions) {
    this.#pauseMs = options.pauseMs;
    this.#random = seeded(options.seed);
    this.#journal = new Journal(options.journal);
    const { writer, readers } = this.#connect(options.addresses);
    this.#servers = { writer, readers: [...readers] };
    const protocol = { ...options, servers: this.#servers, random: this.#random, counters: this.#counters };
    this.#protocol = options.guard ? guarded(protocol, options.without) : cacheAside(protocol);
  }

  /** Work that is under way goes on with the old servers, and fails with them. */
  move(addresses: Addresses): void {
    const { writer, readers } = this.#connect(addresses);
    Object.assign(this.#servers, { writer, readers: [...readers] });
  }

  async run(): Promise<void> {
    const report = setInterval(() => this.#report(), PROGRESS_MS);
    const work = this.options.role === 'reader' ? () => this.#read() : () => this.#write();
    await Promise.all(Array.from({ length: this.options.concurrency }, () => this.#repeat(work)));
    clearInterval(report);
    this.#report();
  }

  pace(pauseMs: number): void {
    this.#pauseMs = pauseMs;
  }

  end(): void {
    this.#ending = true;
  }

  async #repeat(work: () => Promise<void>): Promise<void> {
    while (!this.#ending) {
      try {
        await work();
      } catch {
        this.#errors++;
        await sleep(RETRY_MS);
      }
      const pauseMs = this.#pauseMs * 2 * this.#random.next();
      if (pauseMs >= 1) await sleep(pauseMs);
    }
  }

  async #read(): Promise<void> {
    const item = nextRead(this.#random, monotonic());
    const at = monotonic();
    this.#journal.read({ item: item.id, at, ...(await this.#protocol.read(item)) });
  }

  /**
   * Write, version, purge, in this order, as a writer of the system does it; what fails after the commit is tried until it
   * succeeds.
   */
  async #write(): Promise<void> {
    const { ids, tag } = nextWrite(this.#random, monotonic());
    // In one order, or two writes of several rows would wait for each other.
    const { rows } = await this.#servers.writer.query<{ id: number; n: number }>(
      `WITH locked AS (SELECT id FROM item WHERE id = ANY($1) ORDER BY id FOR UPDATE)
       UPDATE item SET n = n + 1 FROM locked WHERE item.id = locked.id RETURNING item.id, item.n`,
      [ids],
    );
    const version = await this.#persist(() => currentVersion(this.#servers.writer));
    await this.#persist(() =>
      tag ? this.#protocol.purgeTag(tag, version) : this.#protocol.purgeItem(ITEMS[rows[0]!.id]!, version),
    );
    this.#journal.purge({ at: monotonic(), version, ...(tag && { tag }), rows: rows.map(({ id, n }) => [id, n]) });
  }

  async #persist<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch {
        this.#errors++;
        await sleep(RETRY_MS);
      }
    }
  }

  #connect({ writer, readers }: Addresses): Database {
    const { name, username, password, authorities } = this.options.database;
    return createDatabase({
      writer,
      readers,
      name,
      secret: { value: async () => ({ username, password }), refused: () => {} },
      poolSize: POOL_SIZE,
      applicationName: this.options.role,
      authorities,
    });
  }

  #report(): void {
    this.#journal.flush();
    const { reads, purges } = this.#journal;
    process.send?.({ reads, purges, errors: this.#errors, ...this.#counters } satisfies Progress);
  }
}

let participant: Participant | undefined;
process.on('message', (message: ToParticipant) => {
  if (message.kind === 'addresses') participant?.move(message.addresses);
  else if (message.kind === 'pace') participant?.pace(message.pauseMs);
  else if (message.kind === 'end') participant?.end();
  else {
    participant = new Participant(message.options);
    participant.run().then(() => process.exit(0));
  }
});
// Whoever started it is gone.
process.on('disconnect', () => process.exit(0));
