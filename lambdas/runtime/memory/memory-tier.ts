import { fnv } from '../fnv';
import { MAIN, type Queue, Slots, SMALL, type Space } from './entry-table';

export interface MemoryOptions {
  /**
   * Upper bound of the weights of all entries, in bytes.
   * @default 33554432 (32 MiB)
   */
  readonly maxBytes?: number;
}

/** Share of the bytes that new entries may take; the paper's value. */
const SMALL_SHARE = 0.1;
/** Ghosts for each entry. Two rather than the paper's one, because it costs little and follows a change of what is popular sooner. */
const GHOST_SHARE = 2;
/** What an entry costs besides its value and the text of its key. Measured with 1 KB values on Node 20, rounded up. */
const OVERHEAD_BYTES = 200;
/** What a slot can say of its weight, in bytes: more than a JavaScript string can be long. */
const MAX_WEIGHT = 2 ** 32 - 1;
/** Slots looked at by each `set`, so that entries that nobody reads again give their memory back some time after they have expired. */
const SWEEP_STEP = 4;

/**
 * The memory tier: S3-FIFO eviction, bounded by bytes.
 *
 * New entries enter a small queue (a tenth of the bytes). Those that are read before they leave it move to the main queue; of the others a hash
 * is remembered, and a key that comes back while it is enters the main queue at once. Entries in the main queue get another round where they
 * were read since the last one: one bit, where the paper counts to three, which holds on to what was popular for too long (on a trace whose
 * popular keys change, 1 point of hits below LRU rather than half a point above). It resists scans, and a hit writes one byte and moves nothing.
 *
 * @see Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023
 */
export class MemoryTier<V> {
  readonly #maxBytes: number;
  readonly #bytes: [small: number, main: number] = [0, 0];
  readonly #spaces: Space[] = [];
  readonly #own = this.space();
  #slots = new Slots<V>();
  /** Hashes of keys that left the small queue unread, oldest first. */
  readonly #ghosts = new Set<number>();
  #size = 0;
  #sweptTo = 0;

  /** @throws {RangeError} where `maxBytes` isn't a positive number. */
  constructor(options: MemoryOptions = {}) {
    this.#maxBytes = options.maxBytes ?? 32 * 1024 * 1024;
    if (!(this.#maxBytes > 0)) throw new RangeError(`'maxBytes' must be a positive number, got: ${options.maxBytes}`);
  }

  /** How many entries there are, with those that have expired and weren't swept yet. */
  get size(): number {
    return this.#size;
  }

  /** Sum of all weights, in bytes. */
  get bytes(): number {
    return this.#bytes[SMALL] + this.#bytes[MAIN];
  }

  /** Room for keys that need not differ from those elsewhere in the tier, under the same bound. It lives as long as the tier. */
  space(): Space {
    const space: Space = new Map();
    this.#spaces.push(space);
    return space;
  }

  /** The value, or undefined where there is none or it has expired at `now`. */
  get(key: string, now: number, space = this.#own): V | undefined {
    const slot = space.get(key);
    if (slot === undefined) return undefined;
    const slots = this.#slots;
    if ((slots.expiresAt[slot] as number) <= now) {
      this.#drop(slot);
      return undefined;
    }
    slots.read[slot] = 1;
    return slots.values[slot];
  }

  /** Stores the value until `expiresAt`. A value larger than the main queue is not stored. */
  set(key: string, value: V, valueBytes: number, expiresAt: number, now: number, space = this.#own): void {
    const weight = Math.ceil(valueBytes) + key.length + OVERHEAD_BYTES;
    // Also refuses a weight that isn't a number, which would make the bound void.
    if (!(weight <= Math.min(this.#maxBytes * (1 - SMALL_SHARE), MAX_WEIGHT))) {
      this.delete(key, space);
      return;
    }
    const slots = this.#slots;
    const slot = space.get(key) ?? this.#enter(key, space);
    this.#bytes[slots.queues[slot] as Queue] += weight - (slots.weights[slot] as number);
    slots.weights[slot] = weight;
    slots.values[slot] = value;
    slots.expiresAt[slot] = expiresAt;
    while (this.bytes > this.#maxBytes) this.#evict();
    this.#sweep(now);
  }

  delete(key: string, space = this.#own): void {
    const slot = space.get(key);
    if (slot !== undefined) this.#drop(slot);
  }

  /** As {@link delete}, in all spaces. */
  deleteEverywhere(key: string): void {
    for (const space of this.#spaces) this.delete(key, space);
  }

  /** Forgets everything, in all spaces. */
  clear(): void {
    for (const space of this.#spaces) space.clear();
    this.#slots = new Slots();
    this.#ghosts.clear();
    this.#bytes.fill(0);
    this.#size = 0;
  }

  #enter(key: string, space: Space): number {
    const slots = this.#slots;
    const slot = slots.take();
    space.set(key, slot);
    slots.keys[slot] = key;
    slots.spaces[slot] = space;
    slots.read[slot] = 0;
    slots.weights[slot] = 0;
    this.#size++;
    slots.push(this.#ghosts.delete(fnv(key)) ? MAIN : SMALL, slot);
    return slot;
  }

  #drop(slot: number): void {
    const slots = this.#slots;
    this.#size--;
    this.#bytes[slots.queues[slot] as Queue] -= slots.weights[slot] as number;
    slots.spaces[slot]?.delete(slots.keys[slot] as string);
    slots.release(slot);
  }

  #evict(): void {
    const slots = this.#slots;
    const queue = this.#bytes[SMALL] > this.#maxBytes * SMALL_SHARE || this.#bytes[MAIN] === 0 ? SMALL : MAIN;
    const oldest = slots.first(queue);
    if (slots.read[oldest] === 0) {
      if (queue === SMALL) this.#remember(fnv(slots.keys[oldest] as string));
      this.#drop(oldest);
      return;
    }
    const weight = slots.weights[oldest] as number;
    this.#bytes[queue] -= weight;
    this.#bytes[MAIN] += weight;
    slots.read[oldest] = 0;
    slots.move(MAIN, oldest);
  }

  #remember(ghost: number): void {
    this.#ghosts.add(ghost);
    for (const oldest of this.#ghosts) {
      if (this.#ghosts.size <= Math.max(16, GHOST_SHARE * this.#size)) return;
      this.#ghosts.delete(oldest);
    }
  }

  #sweep(now: number): void {
    const { spaces, expiresAt, end } = this.#slots;
    for (let i = 0; i < SWEEP_STEP; i++) {
      if (this.#sweptTo >= end) this.#sweptTo = 0;
      const slot = this.#sweptTo++;
      if (spaces[slot] && (expiresAt[slot] as number) <= now) this.#drop(slot);
    }
  }
}
