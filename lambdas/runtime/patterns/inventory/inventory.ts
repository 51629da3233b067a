import { tagProblem } from '../../../../lib/route';
import { checkOneOf, checkText, mustBe, wholeNumbers } from '../../arguments';
import type { Cache } from '../../cache';
import type { RedisConnection } from '../../connection/redis-connection';
import { type Keys, runReplicated, runScript } from '../../connection/run-script';
import type { Script } from '../../connection/script';
import { ignored, invalid, isUnavailable } from '../../errors';
import type { Namespace } from '../../namespace';
import { patternKey } from '../keys';
import { counted, measured, type PatternMeter } from '../meter';
import type { PatternMetrics } from '../metrics';
import { type ConfirmHoldOptions, confirmHold, SoldOutError, type StockClient } from './confirm-hold';
import type { Hold, OnHand } from './hold';
import { AVAILABLE, CONFIRM, RELEASE, RESERVE } from './scripts';

/** Answer to a reservation. */
export type Reservation = Hold &
  (
    | {
        /** The units are the caller's until `expiresAt`. */
        readonly status: 'held';
        /** End of the hold, in epoch milliseconds of the shared tier. */
        readonly expiresAt: number;
        /** Units that are left for others. */
        readonly available: number;
        /** True where a replica has it, so that one failover doesn't lose it. */
        readonly replicated: boolean;
      }
    /** There are fewer units than were asked for. */
    | { readonly status: 'sold-out'; readonly available: number }
    /** Nobody could say: the database decides when the sale is confirmed. */
    | { readonly status: 'unheld' }
  );

/** Holds of everything that was asked for. */
export interface AllHeld {
  /** `unheld` where one of them is. */
  readonly status: 'held' | 'unheld';
  /** Answer for each, in order of the items. */
  readonly holds: readonly Reservation[];
}

/** Answer to a reservation of several items; the refusal of one is that of all, and nothing is held then. */
export type ReservationOfAll = AllHeld | Extract<Reservation, { status: 'sold-out' }>;

/** Options of an Inventory. */
export interface InventoryOptions<Handle> {
  /** Connection to the tier that holds are in; they are state, so it should evict nothing. */
  readonly connection: RedisConnection;
  /** Cache, in which the database's quantities are kept for `baseSeconds`. */
  readonly cache: Cache<Handle>;
  /** Name, by which inventories are told apart: lower case letters, digits and dashes. */
  readonly name: string;
  /** Loader of an item's row; undefined where there is no such item. {@link loadStock} is one. */
  readonly loadOnHand: (handle: Handle, sku: string) => Promise<OnHand | undefined>;
  /**
   * Life of a hold, in seconds.
   * @default 600
   */
  readonly holdSeconds?: number;
  /**
   * Largest number of holds of one item; whoever comes then is `unheld`.
   * @default 10000
   */
  readonly maxHoldsPerItem?: number;
  /**
   * Time for which a quantity of the database is used, in seconds, where no purge of the tag `<name>:<sku>` ends it;
   * an item whose name can't be a tag has none.
   * @default 30
   */
  readonly baseSeconds?: number;
  /**
   * Answer where the shared tier can't: `unheld`, so that the buyer goes on and the database decides at checkout; or `deny`,
   * which throws.
   * @default 'unheld'
   */
  readonly onUnavailable?: 'unheld' | 'deny';
  /**
   * Receiver of counts.
   * @default - nothing is counted
   */
  readonly metrics?: PatternMetrics;
}

const DEFAULTS = { holdSeconds: 600, maxHoldsPerItem: 10_000, baseSeconds: 30 };
/** Life of an item's keys beyond that of its last hold, in milliseconds. */
const MARGIN_MS = 60_000;

/**
 * Stock that is promised before it is sold. PostgreSQL is the truth: what it has is sold by {@link confirmHold}, and nothing that
 * the shared tier forgets oversells.
 */
export class Inventory<Handle> {
  readonly #connection: RedisConnection;
  readonly #base: Namespace<Handle>;
  readonly #name: string;
  readonly #load: InventoryOptions<Handle>['loadOnHand'];
  readonly #holdMs: number;
  readonly #lifeMs: number;
  readonly #maxHolds: number;
  readonly #denies: boolean;
  readonly #meter: PatternMeter | undefined;

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: InventoryOptions<Handle>) {
    const { connection, cache, name, loadOnHand, onUnavailable = 'unheld' } = options;
    const { holdSeconds, maxHoldsPerItem, baseSeconds } = wholeNumbers(DEFAULTS, options);
    checkText('name', name, /^[a-z][a-z0-9-]{0,40}$/, 'at most 41 lower case letters, digits and dashes');
    checkOneOf('onUnavailable', onUnavailable, ['unheld', 'deny']);
    this.#connection = connection;
    this.#name = name;
    this.#load = loadOnHand;
    this.#holdMs = holdSeconds * 1000;
    // A sale must be known for as long as quantities are used that may lack it.
    this.#lifeMs = Math.max(holdSeconds, 2 * baseSeconds) * 1000 + MARGIN_MS;
    this.#maxHolds = maxHoldsPerItem;
    this.#denies = onUnavailable === 'deny';
    this.#meter = options.metrics?.meter('inventory', name);
    this.#base = cache.namespace(name, {
      freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: baseSeconds, staleIfErrorSeconds: 3600 },
    });
  }

  /**
   * Holds units for whoever asks.
   *
   * @throws {CacheError} `E_INVALID_ARGUMENT` where the hold can't be used, or one of its id has another quantity; and with
   * `onUnavailable: 'deny'` `E_SHARED_UNAVAILABLE`.
   */
  async reserve(hold: Hold): Promise<Reservation> {
    const asked = checked(hold);
    return this.#measured(async () => {
      const base = await this.#onHand(asked.sku);
      if (!base) return { ...asked, status: 'sold-out', available: 0 };
      const args = [asked.holdId, asked.quantity, this.#holdMs, this.#maxHolds];
      const run = runReplicated<readonly [string, string, string, 1?]>(this.#connection, RESERVE, this.#keys(asked.sku), [
        ...this.#known(base),
        ...args,
      ]);
      const answer = await this.#orNothing(run);
      if (!answer) return { ...asked, status: 'unheld' };
      const [status, detail, left, again] = answer.reply;
      const available = Number(left);
      if (status === 'other') {
        throw invalid(`the hold '${asked.holdId}' of '${asked.sku}' is of ${detail} units, got: ${asked.quantity}`);
      }
      if (status === 'full') return { ...asked, status: 'unheld' };
      if (again) counted(this.#meter, 'Duplicates');
      if (status === 'held') return { ...asked, status, expiresAt: Number(detail), available, replicated: answer.replicated };
      counted(this.#meter, 'Denied');
      return { ...asked, status: 'sold-out', available };
    });
  }

  /** Holds several items, or nothing: the first refusal releases those before it. @throws as {@link reserve}. */
  async reserveAll(holds: readonly Hold[]): Promise<ReservationOfAll> {
    const held: Reservation[] = [];
    for (const hold of [...holds].sort(bySku)) {
      let refusal: Extract<Reservation, { status: 'sold-out' }>;
      try {
        const reservation = await this.reserve(hold);
        if (reservation.status !== 'sold-out') {
          held.push(reservation);
          continue;
        }
        refusal = reservation;
      } catch (error) {
        await this.#releaseAll(held);
        throw error;
      }
      await this.#releaseAll(held);
      return refusal;
    }
    return { status: held.some(({ status }) => status === 'unheld') ? 'unheld' : 'held', holds: held };
  }

  /** Holds that aren't released end by themselves. */
  async #releaseAll(holds: readonly Hold[]): Promise<void> {
    for (const hold of holds) await this.release(hold).catch(ignored);
  }

  /**
   * {@link confirmHold}, and counts a hold that the database can't keep.
   *
   * @throws {SoldOutError} as {@link confirmHold}.
   */
  async confirm(
    client: StockClient,
    hold: Hold,
    options?: ConfirmHoldOptions,
  ): Promise<{ readonly version: number; readonly repeated: boolean }> {
    try {
      return await confirmHold(client, hold, options);
    } catch (error) {
      if (error instanceof SoldOutError && (hold as Partial<Reservation>).status === 'held') counted(this.#meter, 'BrokenHolds');
      throw error;
    }
  }

  /**
   * Moves a hold from held to sold, after the commit of its sale. Where it isn't called, because its process died, the units
   * count twice until the hold ends. Calling it again is safe.
   *
   * @param version version of the item's row that {@link confirmHold} returned.
   * @returns whether a replica has it.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`
   */
  async confirmed(hold: Hold, version: number): Promise<{ readonly replicated: boolean }> {
    const { holdId, sku, quantity } = checked(hold);
    mustBe(Number.isSafeInteger(version) && version >= 0, 'version', 'a whole number', version);
    return this.#measured(async () => {
      const { replicated } = await this.#run(CONFIRM, sku, [holdId, quantity, version]);
      return { replicated };
    });
  }

  /**
   * Returns the units of a hold before its end.
   *
   * @returns false where there was none, or it was sold.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`
   */
  async release(hold: Pick<Hold, 'holdId' | 'sku'>): Promise<boolean> {
    checked({ ...hold, quantity: 1 });
    return this.#measured(async () => (await this.#run(RELEASE, hold.sku, [hold.holdId])).reply === 1);
  }

  /**
   * Units that can be held now; where the shared tier can't say, what the database has. Undefined for an item that there isn't.
   */
  async available(sku: string): Promise<number | undefined> {
    return this.#measured(async () => {
      const base = await this.#onHand(sku);
      if (!base) return undefined;
      try {
        return Number(await runScript<string>(this.#connection, AVAILABLE, this.#keys(sku), this.#known(base)));
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        return base.onHand;
      }
    });
  }

  /**
   * Forgets the database's quantity, after a change of it that isn't a sale: a delivery, a correction. A purge of the tag
   * `<name>:<sku>` does the same in the transaction of the change.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`
   */
  async changed(sku: string): Promise<void> {
    await this.#base.delete(sku);
  }

  #onHand(sku: string): Promise<Readonly<OnHand> | undefined> {
    return this.#base.getOrSet(sku, (handle) => this.#load(handle, sku), { tags: tagsOf(`${this.#name}:${sku}`) });
  }

  async #run(script: Script, sku: string, args: readonly (string | number)[]) {
    // A row that nobody knows yet is older than any.
    const base = (await this.#onHand(sku)) ?? { version: 0, onHand: 0 };
    return runReplicated<unknown>(this.#connection, script, this.#keys(sku), [...this.#known(base), ...args]);
  }

  #known({ version, onHand }: OnHand): (string | number)[] {
    return [version, onHand, this.#lifeMs];
  }

  #keys(sku: string): Keys {
    const key = (kind: 'iv' | 'ih' | 'iq' | 'is') => patternKey(this.#connection.namespace, kind, this.#name, sku);
    return [key('iv'), key('ih'), key('iq'), key('is')];
  }

  /** Answer of the shared tier; undefined where it can't, and that is fine. */
  async #orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (this.#denies || !isUnavailable(error)) throw error;
      counted(this.#meter, 'Unavailable');
      return undefined;
    }
  }

  #measured<T>(operation: () => Promise<T>): Promise<T> {
    return measured(this.#meter, operation);
  }
}

/** The item's tag, where its name can be one. */
const tagsOf = (tag: string): string[] => (tagProblem(tag) ? [] : [tag]);

/** By code units, as every process sorts them: two reservations then never wait for each other's rows at checkout. */
const bySku = (a: Hold, b: Hold): number => (a.sku < b.sku ? -1 : a.sku > b.sku ? 1 : 0);

function checked({ holdId, sku, quantity }: Hold): Hold {
  checkText('holdId', holdId, /^[\x21-\x7e]{1,200}$/, '1 to 200 characters of ASCII without blanks');
  mustBe(Number.isSafeInteger(quantity) && quantity > 0, 'quantity', 'a whole number of at least 1', quantity);
  return { holdId, sku, quantity };
}
