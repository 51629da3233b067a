import { EntryTable, type Keyspace, MAIN, type Queue, SMALL } from './entry-table';
import { fnv } from './fnv';

/** Share of the bytes that new entries may take; the paper's value. */
const SMALL_SHARE = 0.1;
/**
 * Ghosts for each entry. Two rather than the paper's one, because it costs little and follows a change of what is popular sooner.
 */
const GHOST_SHARE = 2;
/** Bytes of an entry besides its value, its tags and the text of its key, with a version that many have. Measured on Node 20. */
const OVERHEAD_BYTES = 220;
/**
 * Rows looked at by each `set`, so that entries that nobody reads again give their memory back some time after they have expired.
 */
const SWEEP_STEP = 4;

/**
 * Memory tier: S3-FIFO eviction, bounded by bytes.
 *
 * New entries enter a small queue (a tenth of the bytes). Those that are read before they leave it move to the main queue; of the
 * others a hash is remembered, and a key that comes back while it is enters the main queue at once. Entries in the main queue get
 * another round where they were read since the last one: one bit, where the paper counts to three, which holds on to what was
 * popular for too long (on a trace whose popular keys change, 1 point of hits below LRU rather than half a point above). It
 * resists scans, and a hit writes one byte and moves nothing.
 *
 * @see Yang et al., "FIFO queues are all you need for cache eviction", SOSP 2023
 */
export class MemoryTier<V> {
  readonly #maxBytes: number;
  readonly #bytes: [small: number, main: number] = [0, 0];
  readonly #keyspaces = new Map<string, Keyspace>();
  readonly #table = new EntryTable<V>();
  /** Hashes of keys that left the small queue unread, oldest first. */
  readonly #ghosts = new Set<number>();
  /** Number of entries, with those that have expired and weren't swept yet. */
  #size = 0;
  #sweptTo = 0;
  #latest = 0;

  /** @param maxBytes upper bound of the weights of all entries, in bytes. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Sum of all weights, in bytes. */
  get bytes(): number {
    return this.#bytes[SMALL] + this.#bytes[MAIN];
  }

  /**
   * Keyspace of a name, for keys that need not differ from those elsewhere in the tier, under the same bound. It lives as long as
   * the tier.
   */
  keyspace(name: string): Keyspace {
    const keyspace = this.#keyspaces.get(name) ?? new Map();
    this.#keyspaces.set(name, keyspace);
    return keyspace;
  }

  /** Value of a key; undefined where there is none or it has expired at `now`. */
  get(key: string, now: number, keyspace: Keyspace): V | undefined {
    // By a clock that was set back what is here would live longer by as much.
    if (now < this.#latest) this.clear();
    this.#latest = now;
    const row = keyspace.get(key);
    if (!row) return undefined;
    const table = this.#table;
    if ((table.expiresAt[row] as number) <= now) {
      this.#remove(row);
      return undefined;
    }
    table.read[row] = 1;
    return table.values[row];
  }

  /** Stores the value until `expiresAt`. A value larger than the main queue is not stored. */
  set(key: string, value: V, valueBytes: number, expiresAt: number, now: number, keyspace: Keyspace): void {
    const weight = Math.ceil(valueBytes) + key.length + OVERHEAD_BYTES;
    // Also refuses a weight that isn't a number, which would make the bound void.
    if (!(weight <= this.#maxBytes * (1 - SMALL_SHARE))) {
      this.delete(key, keyspace);
      return;
    }
    const table = this.#table;
    const row = keyspace.get(key) ?? this.#insert(key, keyspace);
    table.values[row] = value;
    this.#bytes[table.queues[row] as Queue] += weight - (table.weights[row] as number);
    table.weights[row] = weight;
    table.expiresAt[row] = expiresAt;
    while (this.bytes > this.#maxBytes) this.#evict();
    this.#sweep(now);
  }

  delete(key: string, keyspace: Keyspace): void {
    const row = keyspace.get(key);
    if (row) this.#remove(row);
  }

  /** {@link delete} in all keyspaces. */
  deleteEverywhere(key: string): void {
    for (const keyspace of this.#keyspaces.values()) this.delete(key, keyspace);
  }

  /** Removes everything in the keyspaces whose name begins with this; where there is none, in all. */
  clear(begin = ''): void {
    const some = [...this.#keyspaces].filter(([name]) => name.startsWith(begin));
    for (const [, keyspace] of some[0] ? some : this.#keyspaces) {
      for (const row of keyspace.values()) this.#remove(row);
    }
  }

  #insert(key: string, keyspace: Keyspace): number {
    const table = this.#table;
    const row = table.allocate();
    keyspace.set(key, row);
    table.keys[row] = key;
    table.keyspaces[row] = keyspace;
    table.read[row] = 0;
    table.weights[row] = 0;
    this.#size++;
    table.push(this.#ghosts.delete(fnv(key)) ? MAIN : SMALL, row);
    return row;
  }

  #remove(row: number): void {
    const table = this.#table;
    this.#size--;
    this.#bytes[table.queues[row] as Queue] -= table.weights[row] as number;
    table.keyspaces[row]?.delete(table.keys[row] as string);
    table.free(row);
  }

  #evict(): void {
    const table = this.#table;
    const queue = this.#bytes[SMALL] > this.#maxBytes * SMALL_SHARE || this.#bytes[MAIN] === 0 ? SMALL : MAIN;
    const oldest = table.first(queue);
    if (table.read[oldest] === 0) {
      if (queue === SMALL) this.#addGhost(fnv(table.keys[oldest] as string));
      this.#remove(oldest);
      return;
    }
    const weight = table.weights[oldest] as number;
    this.#bytes[queue] -= weight;
    this.#bytes[MAIN] += weight;
    table.read[oldest] = 0;
    table.move(MAIN, oldest);
  }

  #addGhost(ghost: number): void {
    this.#ghosts.add(ghost);
    for (const oldest of this.#ghosts) {
      if (this.#ghosts.size <= Math.max(16, GHOST_SHARE * this.#size)) return;
      this.#ghosts.delete(oldest);
    }
  }

  #sweep(now: number): void {
    const { keyspaces, expiresAt, end } = this.#table;
    for (let i = 0; i < SWEEP_STEP; i++) {
      if (this.#sweptTo >= end) this.#sweptTo = 0;
      const row = this.#sweptTo++;
      if (keyspaces[row] && (expiresAt[row] as number) <= now) this.#remove(row);
    }
  }
}
