import { checkNumber, checkText, wholeNumbers } from '../../arguments';
import type { Cache } from '../../cache';
import type { RedisConnection } from '../../connection/redis-connection';
import { type Keys, readCommand, runReplicated } from '../../connection/run-script';
import { isUnavailable } from '../../errors';
import type { Namespace } from '../../namespace';
import { patternKey } from '../keys';
import { counted, measured, type PatternMeter } from '../meter';
import type { PatternMetrics } from '../metrics';
import { ROLL_BACK, SWAP } from './scripts';

/** Options of Generations. */
export interface GenerationsOptions<T, Handle> {
  /** Connection to the tier that has the pointer. */
  readonly connection: RedisConnection;
  /** Cache that has the entries. */
  readonly cache: Cache<Handle>;
  /** Name, a namespace of the cache: lower case letters, digits and dashes. */
  readonly name: string;
  /** Life of a generation, in seconds: at least twice the time between two, so that one that fails to come is survived. */
  readonly keepSeconds: number;
  /**
   * Value of a key that the generation doesn't have, or of any while there is no generation.
   * @default - undefined
   */
  readonly fallback?: (key: string) => T | undefined | Promise<T | undefined>;
  /**
   * Loader of a key that the generation doesn't have, from a table that has it by generation.
   * @default - none
   */
  readonly load?: (handle: Handle, generation: string, key: string) => Promise<T | undefined>;
  /**
   * Receiver of counts.
   * @default - nothing is counted
   */
  readonly metrics?: PatternMetrics;
}

/** Options of {@link Generations.publish}. */
export interface PublishOptions {
  /**
   * Largest number of entries that are written in a second.
   * @default 2000
   */
  readonly perSecond?: number;
}

/** Result of a publication: it is what is read from now on, or another one came before it. */
export type PublishResult = 'published' | 'outrun';

/** Value of a key, and its generation. */
export interface GenerationRead<T> {
  /** Value; undefined where neither the generation nor the fallback has one. */
  readonly value: T | undefined;
  /** Generation that was asked; undefined where there is none. */
  readonly generation: string | undefined;
}

/** Pointer as a process knows it. */
interface Pointer {
  readonly current: string;
  readonly turn: number;
  readonly readAt: number;
}

/** Time for which a process reads by one pointer, in milliseconds. */
const HOLD_MS = 1000;
/** Entries that are written at once. */
const AT_ONCE = 50;
const GENERATION = /^[A-Za-z0-9._:-]{1,64}$/;

/**
 * Values that are all computed at once, such as recommendations. A publication writes all of them under names of its own, and
 * then moves one pointer: no reader sees half of it.
 */
export class Generations<T, Handle> {
  readonly #connection: RedisConnection;
  readonly #cache: Cache<Handle>;
  readonly #entries: Namespace<Handle>;
  readonly #options: GenerationsOptions<T, Handle>;
  readonly #keepMs: number;
  readonly #key: string;
  readonly #meter: PatternMeter | undefined;
  #pointer: Pointer | undefined;
  #asking: Promise<Pointer | undefined> | undefined;

  /** @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: GenerationsOptions<T, Handle>) {
    const { connection, cache, name } = options;
    const { keepSeconds } = wholeNumbers({ keepSeconds: options.keepSeconds }, options);
    this.#connection = connection;
    this.#cache = cache;
    this.#options = options;
    this.#keepMs = keepSeconds * 1000;
    this.#key = patternKey(connection.namespace, 'gp', name, name);
    this.#meter = options.metrics?.meter('generations', name);
    // An entry never changes: its name has its generation's.
    this.#entries = cache.namespace(name, {
      freshness: { memoryTtlSeconds: Math.min(60, keepSeconds), sharedTtlSeconds: keepSeconds },
      jitter: 0,
      earlyRefresh: 0,
    });
  }

  /** Value of a key in the generation that is current, within a second. Never throws because the shared tier is down. */
  async get(key: string): Promise<GenerationRead<T>> {
    return measured(this.#meter, async () => {
      const generation = (await this.#current())?.current;
      const { load, fallback } = this.#options;
      let value: T | undefined;
      if (generation) {
        const name = nameOf(generation, key);
        value = (await (load
          ? this.#entries.getOrSet<T>(name, (handle) => load(handle, generation, key))
          : this.#entries.get<T>(name))) as T | undefined;
      }
      return { value: value ?? (await fallback?.(key)), generation };
    });
  }

  /**
   * Writes a generation, and lets it be read once all of it is there. Where it fails before, or another one was published since
   * it began, what was written is never read, and ends by itself. Publishing a generation that is current again is safe.
   *
   * @param generation name that no generation had: the time of its job, say.
   * @throws whatever the entries throw, and {@link CacheError} `E_SHARED_UNAVAILABLE`.
   */
  async publish(
    generation: string,
    entries: Iterable<readonly [key: string, value: T]> | AsyncIterable<readonly [key: string, value: T]>,
    { perSecond = 2000 }: PublishOptions = {},
  ): Promise<PublishResult> {
    checkText('generation', generation, GENERATION, 'at most 64 letters, digits and . _ : -');
    checkNumber('perSecond', perSecond, 1);
    return measured(this.#meter, async () => {
      const before = (await this.#read())?.current ?? '';
      if (before === generation) return 'published';
      const { source, clock } = this.#cache.internals.read;
      const version = await source.current();
      const began = clock.now();
      let written = 0;
      let group: Promise<void>[] = [];
      const write = async (key: string, value: T) => {
        const name = nameOf(generation, key);
        const set = { rowVersion: 1, committedAt: clock.now() };
        // One tag may be newer than the publication, which others have made meanwhile.
        if ((await this.#entries.set(name, value, { ...set, version })) || (await this.#entries.set(name, value, set))) return;
        throw new Error(`the entry '${key}' of generation '${generation}' wasn't stored: a generation's name can be used once`);
      };
      for await (const [key, value] of entries) {
        group.push(write(key, value));
        written++;
        if (group.length < AT_ONCE) continue;
        await Promise.all(group);
        group = [];
        const early = began + (written / perSecond) * 1000 - clock.now();
        if (early > 0) await clock.sleep(early);
      }
      await Promise.all(group);
      const { reply } = await runReplicated<number>(this.#connection, SWAP, this.#keys, [this.#keepMs, generation, before]);
      this.#forget();
      if (reply === 1) return 'published';
      counted(this.#meter, 'Conflicts');
      return 'outrun';
    });
  }

  /**
   * Goes back to the generation before.
   *
   * @returns false where there is none.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`
   */
  async rollback(): Promise<boolean> {
    return measured(this.#meter, async () => {
      const { reply } = await runReplicated<number>(this.#connection, ROLL_BACK, this.#keys, [this.#keepMs]);
      this.#forget();
      return reply === 1;
    });
  }

  get #keys(): Keys {
    return [this.#key];
  }

  #forget(): void {
    if (this.#pointer) this.#pointer = { ...this.#pointer, readAt: 0 };
  }

  /** Pointer that is at most a second old; that of the last time where the shared tier can't say. */
  async #current(): Promise<Pointer | undefined> {
    const held = this.#pointer;
    const now = this.#cache.internals.read.clock.now();
    if (held && now - held.readAt < HOLD_MS && now >= held.readAt) return held;
    this.#asking ??= this.#read().finally(() => {
      this.#asking = undefined;
    });
    try {
      return await this.#asking;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      counted(this.#meter, 'Unavailable');
      return this.#pointer;
    }
  }

  async #read(): Promise<Pointer | undefined> {
    const readAt = this.#cache.internals.read.clock.now();
    const [current, turn] = await readCommand(this.#connection, this.#key, (node) => node.hmget(this.#key, 'current', 'turn'));
    const known = this.#pointer;
    // A failover may have lost the last change: this process has shown it, and doesn't go back.
    const isOlder = !current || Number(turn) < (known?.turn ?? 0);
    this.#pointer = isOlder ? known && { ...known, readAt } : { current: current as string, turn: Number(turn), readAt };
    return this.#pointer;
  }
}

/** Name of an entry. A generation's name has no slash. */
const nameOf = (generation: string, key: string): string => `${generation}/${key}`;
