/**
 * The memory tier: a map with S3-FIFO eviction, bounded by bytes.
 *
 * New entries enter a small queue (a tenth of the bytes); those that are read again before they leave it move to the main queue, the others
 * leave only their key in a ghost queue, and enter the main queue at once if they come back. Entries in the main queue get another round
 * for each recent read. Against LRU it resists scans, and a hit writes one number and moves nothing.
 *
 * @see Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023
 */

interface Slot<V> {
  readonly key: string;
  value: V | undefined;
  weight: number;
  expiresAt: number;
  /** Recent reads, at most 3. */
  reads: number;
  queue: 'small' | 'main';
}

export interface MemoryOptions {
  /**
   * Upper bound of the weights of all entries, in bytes.
   * @default 33554432 (32 MiB)
   */
  readonly maxBytes?: number;
}

/** Share of the bytes that new entries may take; the paper's value. */
const SMALL_SHARE = 0.1;
/** What an entry costs besides its value: slot, map entry, key. Measured with 1 KB values on Node 20, rounded up. */
const OVERHEAD_BYTES = 200;

export class MemoryTier<V> {
  readonly #slots = new Map<string, Slot<V>>();
  #small = new Fifo<Slot<V>>();
  #main = new Fifo<Slot<V>>();
  /** Keys that left the small queue unread, oldest first. */
  readonly #ghosts = new Set<string>();
  #smallBytes = 0;
  #mainBytes = 0;
  readonly #maxBytes: number;

  /** @throws {RangeError} where `maxBytes` isn't a positive number. */
  constructor(options: MemoryOptions = {}) {
    this.#maxBytes = options.maxBytes ?? 32 * 1024 * 1024;
    if (!(this.#maxBytes > 0)) throw new RangeError(`'maxBytes' must be a positive number, got: ${options.maxBytes}`);
  }

  /** How many entries there are, expired and deleted ones included until they are evicted. */
  get size(): number {
    return this.#slots.size;
  }

  /** Sum of all weights, in bytes. */
  get bytes(): number {
    return this.#smallBytes + this.#mainBytes;
  }

  /** The value, or undefined where there is none or it has expired at `now`. */
  get(key: string, now: number): V | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    if (slot.expiresAt <= now) {
      this.#fill(slot, undefined, 0, Number.NEGATIVE_INFINITY);
      return undefined;
    }
    if (slot.reads < 3) slot.reads++;
    return slot.value;
  }

  /** Stores the value until `expiresAt`. A value larger than the main queue is not stored. */
  set(key: string, value: V, valueBytes: number, expiresAt: number): void {
    if (valueBytes + OVERHEAD_BYTES > this.#maxBytes * (1 - SMALL_SHARE)) {
      this.delete(key);
      return;
    }
    const known = this.#slots.get(key);
    if (known) this.#fill(known, value, valueBytes, expiresAt);
    else this.#enter({ key, value, weight: valueBytes + OVERHEAD_BYTES, expiresAt, reads: 0, queue: 'small' });
    while (this.bytes > this.#maxBytes) this.#evict();
  }

  delete(key: string): void {
    const slot = this.#slots.get(key);
    if (slot) this.#fill(slot, undefined, 0, Number.NEGATIVE_INFINITY);
  }

  clear(): void {
    this.#slots.clear();
    this.#ghosts.clear();
    this.#small = new Fifo();
    this.#main = new Fifo();
    this.#smallBytes = 0;
    this.#mainBytes = 0;
  }

  #enter(slot: Slot<V>): void {
    this.#slots.set(slot.key, slot);
    if (this.#ghosts.delete(slot.key)) this.#enterMain(slot);
    else {
      this.#small.push(slot);
      this.#smallBytes += slot.weight;
    }
  }

  /** A slot keeps its place in its queue whatever becomes of its value, so that a queue has no gaps; an empty slot weighs its overhead. */
  #fill(slot: Slot<V>, value: V | undefined, valueBytes: number, expiresAt: number): void {
    const weight = valueBytes + OVERHEAD_BYTES;
    if (slot.queue === 'small') this.#smallBytes += weight - slot.weight;
    else this.#mainBytes += weight - slot.weight;
    slot.value = value;
    slot.weight = weight;
    slot.expiresAt = expiresAt;
    if (value === undefined) slot.reads = 0;
  }

  #enterMain(slot: Slot<V>): void {
    slot.queue = 'main';
    slot.reads = 0;
    this.#main.push(slot);
    this.#mainBytes += slot.weight;
  }

  #evict(): void {
    if (this.#smallBytes > this.#maxBytes * SMALL_SHARE || this.#mainBytes === 0) this.#evictSmall();
    else this.#evictMain();
  }

  #evictSmall(): void {
    const slot = this.#small.shift();
    if (!slot) return;
    this.#smallBytes -= slot.weight;
    if (slot.reads > 0) {
      this.#enterMain(slot);
      return;
    }
    this.#slots.delete(slot.key);
    if (slot.value === undefined) return;
    this.#ghosts.add(slot.key);
    // As many ghosts as there are entries: the paper's bound, in entries rather than bytes.
    while (this.#ghosts.size > Math.max(16, this.#slots.size)) this.#ghosts.delete(this.#ghosts.values().next().value as string);
  }

  #evictMain(): void {
    const slot = this.#main.shift();
    if (!slot) return;
    if (slot.reads > 0) {
      slot.reads--;
      this.#main.push(slot);
      return;
    }
    this.#mainBytes -= slot.weight;
    this.#slots.delete(slot.key);
  }
}

/** A queue over an array: items behind the front are dropped in blocks, so that both ends cost constant time. */
class Fifo<T> {
  #items: (T | undefined)[] = [];
  #front = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#front >= this.#items.length) return undefined;
    const item = this.#items[this.#front];
    this.#items[this.#front++] = undefined;
    if (this.#front > 1024 && this.#front * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#front);
      this.#front = 0;
    }
    return item;
  }
}
