import { randomUUID } from 'node:crypto';
import { checkText, wholeNumbers } from '../../arguments';
import { monotonicNow } from '../../clock';
import type { RedisConnection } from '../../connection/redis-connection';
import { type Keys, type Replicated, runReplicated, runScript, type Script } from '../../connection/run-script';
import { ignored, isUnavailable } from '../../errors';
import { newSemaphore, type Semaphore } from '../../load/semaphore';
import { patternKey } from '../keys';
import { DROP, FILL, LEASE, RELEASE } from './scripts';

/** Options of a {@link FencedSet}. */
export interface FencedSetOptions {
  /** Connection to the tier with the sets. */
  readonly connection: RedisConnection;
  /** Kind of its keys: `fe` of members by number, `ge` of positions. */
  readonly kind: 'fe' | 'ge';
  /** Name of the sets together. */
  readonly name: string;
  /** Seconds for which a set is kept after it was loaded. */
  readonly keepSeconds: number;
  /**
   * Milliseconds for which others wait for a load.
   * @default 5000
   */
  readonly leaseMs?: number;
  /**
   * Loads that run at once in this process while the tier can't answer.
   * @default 4
   */
  readonly fallbackLoads?: number;
  /**
   * False to do without the fence, which loses what changes during a load: for the benchmark that shows it.
   * @default true
   */
  readonly fenced?: boolean;
}

/** Loading of a set. */
export interface Loading<L> {
  /** Loads from the primary. */
  readonly load: () => Promise<L>;
  /** Command that adds members, and the arguments of each: `ZADD` with score and name, or `GEOADD` with another. */
  readonly fill: (loaded: L) => {
    readonly command: 'ZADD' | 'GEOADD';
    readonly members: readonly (readonly (string | number)[])[];
  };
}

/** Answer to a read: the reply to the reading script, or what was loaded. */
export type Ready<T, L> = { readonly read: T } | { readonly loaded: L; readonly stored: boolean };

/** Pause between two looks at a set that somebody else loads, in milliseconds. */
const LOOK_MS = 25;

/**
 * Sorted sets that are loaded from a database and changed meanwhile. A load that began before a change of its set is not stored:
 * it may lack the change.
 */
export class FencedSet {
  /** Options that it was made with. */
  readonly options: FencedSetOptions;
  readonly #keepMs: number;
  readonly #leaseMs: number;
  readonly #loads = new Map<string, Promise<Ready<never, unknown> | undefined>>();
  readonly #fallbacks = new Map<string, Promise<Ready<never, unknown> | undefined>>();
  readonly #fallback: Semaphore;

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: FencedSetOptions) {
    const { keepSeconds, leaseMs, fallbackLoads } = wholeNumbers({ keepSeconds: 0, leaseMs: 5000, fallbackLoads: 4 }, options);
    checkText('name', options.name, /^[\w.-]+$/, "letters, digits, '-', '_' or '.'");
    this.options = options;
    this.#keepMs = keepSeconds * 1000;
    this.#leaseMs = leaseMs;
    this.#fallback = newSemaphore(fallbackLoads);
  }

  /** Keys of a set and its fence. @throws {CacheError} `E_INVALID_ARGUMENT` where the id is no text, or empty. */
  keys(id: string): Keys {
    const { connection, kind, name } = this.options;
    return [patternKey(connection.namespace, kind, name, id), patternKey(connection.namespace, 'ff', name, id, `:${kind}`)];
  }

  /**
   * Reads a set, and loads it where it is missing: once at a time of all processes, while the others wait.
   *
   * @param script one of `readingScript`, whose reply isn't null.
   * @returns its reply, or what was loaded where the set wasn't there; without the tier, what was loaded, a few at a time.
   * @throws what `load` throws.
   */
  async read<T, L>(id: string, script: Script, args: readonly (string | number)[], loading: Loading<L>): Promise<Ready<T, L>> {
    const keys = this.keys(id);
    const { connection } = this.options;
    const deadline = monotonicNow() + this.#leaseMs;
    try {
      for (;;) {
        const read = await runScript<T | null>(connection, script, [keys[0]], args, { readOnly: true });
        if (read !== null) return { read };
        const loaded = await once(this.#loads, id, () => this.#lease(keys, loading));
        if (loaded) return loaded as Ready<T, L>;
        if (monotonicNow() > deadline) break;
      }
    } catch (error) {
      if (!isUnavailable(error)) throw error;
    }
    const alone = async () => ({ loaded: await this.#fallback(loading.load), stored: false });
    return once(this.#fallbacks, id, alone) as Promise<Ready<T, L>>;
  }

  /**
   * Removes a set, so that it is loaded when it is read next.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`; it may be repeated.
   */
  async drop(id: string): Promise<Replicated<boolean>> {
    const { reply, replicated } = await runReplicated<number>(this.options.connection, DROP, this.keys(id));
    return { reply: reply === 1, replicated };
  }

  /** Loads where nobody else does. @returns undefined where the set is there, or will be. */
  async #lease<L>(keys: Keys, { load, fill }: Loading<L>): Promise<Ready<never, L> | undefined> {
    const { connection, fenced = true } = this.options;
    const token = randomUUID();
    const [state, ms] = await runScript<[string, number]>(connection, LEASE, keys, [token, this.#leaseMs]);
    if (state === 'wait') await new Promise((resolve) => setTimeout(resolve, Math.min(ms, LOOK_MS)));
    if (state !== 'grant') return undefined;
    let loaded: L;
    try {
      loaded = await load();
    } catch (error) {
      await runScript(connection, RELEASE, keys, [token]).catch(ignored);
      throw error;
    }
    const { command, members } = fill(loaded);
    const args = [fenced ? token : '', this.#keepMs, command, command === 'ZADD' ? 2 : 3, ...members.flat()];
    const stored = await runScript<number>(connection, FILL, keys, args).catch(ignored);
    return { loaded, stored: stored === 1 };
  }
}

/** Work for an id, which this process does once at a time. */
function once<T extends Ready<never, unknown> | undefined>(
  under: Map<string, Promise<Ready<never, unknown> | undefined>>,
  id: string,
  work: () => Promise<T>,
): Promise<T> {
  const known = under.get(id) as Promise<T> | undefined;
  if (known) return known;
  const begun = work().finally(() => under.delete(id));
  under.set(id, begun);
  return begun;
}
