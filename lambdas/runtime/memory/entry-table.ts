/** The two queues; each is a ring of slots that begins and ends at the slot of its own number, which holds nothing. */
export const SMALL = 0;
export const MAIN = 1;
export type Queue = typeof SMALL | typeof MAIN;

/** Slots by key. */
export type Space = Map<string, number>;

const FIRST_CAPACITY = 64;

/**
 * Entries as numbers, their slots: the fields of all entries lie side by side, most of them in typed arrays, which cost a few bytes an entry and
 * which the garbage collector needn't visit. Slots are linked into queues in both directions, so that any of them can leave at once.
 */
export class Slots<V> {
  readonly keys: (string | undefined)[] = [undefined, undefined];
  readonly values: (V | undefined)[] = [undefined, undefined];
  /** Where a slot's key is found; undefined for a free slot. */
  readonly spaces: (Space | undefined)[] = [undefined, undefined];
  expiresAt = new Float64Array(FIRST_CAPACITY);
  weights = new Uint32Array(FIRST_CAPACITY);
  /** 1 where it was read since it entered its queue, or began its last round there. */
  read = new Uint8Array(FIRST_CAPACITY);
  queues = new Uint8Array(FIRST_CAPACITY);
  #next = new Uint32Array(FIRST_CAPACITY).fill(MAIN, MAIN, MAIN + 1);
  #previous = new Uint32Array(FIRST_CAPACITY).fill(MAIN, MAIN, MAIN + 1);
  /** First of the free slots, chained by `#next`; 0 for none. */
  #free = 0;

  /** One more than the highest slot that was ever taken. */
  get end(): number {
    return this.keys.length;
  }

  /** A slot without a queue. */
  take(): number {
    const slot = this.#free;
    if (slot !== 0) {
      this.#free = this.#next[slot] as number;
      return slot;
    }
    if (this.end === this.read.length) this.#grow();
    this.keys.push(undefined);
    this.values.push(undefined);
    return this.spaces.push(undefined) - 1;
  }

  /** Takes the slot out of its queue and frees it. */
  release(slot: number): void {
    this.#unlink(slot);
    this.keys[slot] = undefined;
    this.values[slot] = undefined;
    this.spaces[slot] = undefined;
    this.#next[slot] = this.#free;
    this.#free = slot;
  }

  /** The slot that has been longest in the queue; the queue itself where it is empty. */
  first(queue: Queue): number {
    return this.#next[queue] as number;
  }

  push(queue: Queue, slot: number): void {
    const last = this.#previous[queue] as number;
    this.#next[last] = slot;
    this.#previous[slot] = last;
    this.#next[slot] = queue;
    this.#previous[queue] = slot;
    this.queues[slot] = queue;
  }

  /** To the end of a queue, from wherever it is. */
  move(queue: Queue, slot: number): void {
    this.#unlink(slot);
    this.push(queue, slot);
  }

  #unlink(slot: number): void {
    const previous = this.#previous[slot] as number;
    const next = this.#next[slot] as number;
    this.#next[previous] = next;
    this.#previous[next] = previous;
  }

  #grow(): void {
    const capacity = this.read.length * 2;
    this.expiresAt = copy(this.expiresAt, new Float64Array(capacity));
    this.weights = copy(this.weights, new Uint32Array(capacity));
    this.read = copy(this.read, new Uint8Array(capacity));
    this.queues = copy(this.queues, new Uint8Array(capacity));
    this.#next = copy(this.#next, new Uint32Array(capacity));
    this.#previous = copy(this.#previous, new Uint32Array(capacity));
  }
}

function copy<T extends Float64Array | Uint32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
