/** The two queues; each is a ring of rows that begins and ends at the row of its own number, which holds nothing. */
export const SMALL = 0;
export const MAIN = 1;
export type Queue = typeof SMALL | typeof MAIN;

/** Rows by key: keys of one namespace, which need not differ from those of another. */
export type Keyspace = Map<string, number>;

const FIRST_CAPACITY = 64;

/**
 * Table of entries by columns: a row is a number, and the fields of all rows lie side by side, most of them in typed arrays,
 * which cost a few bytes an entry and which the garbage collector needn't visit. Rows are linked into queues in both directions,
 * so that any of them can leave at once.
 */
export class EntryTable<V> {
  readonly keys: (string | undefined)[] = [undefined, undefined];
  readonly values: (V | undefined)[] = [undefined, undefined];
  /** Keyspace of a row's key; undefined for a free row. */
  readonly keyspaces: (Keyspace | undefined)[] = [undefined, undefined];
  expiresAt = new Float64Array(FIRST_CAPACITY);
  weights = new Uint32Array(FIRST_CAPACITY);
  /** 1 where it was read since it entered its queue, or began its last round there. */
  read = new Uint8Array(FIRST_CAPACITY);
  queues = new Uint8Array(FIRST_CAPACITY);
  #next = new Uint32Array(FIRST_CAPACITY).fill(MAIN, MAIN, MAIN + 1);
  #previous = new Uint32Array(FIRST_CAPACITY).fill(MAIN, MAIN, MAIN + 1);
  /** First of the free rows, chained by `#next`; 0 for none. */
  #free = 0;

  /** One more than the highest row that was ever allocated. */
  get end(): number {
    return this.keys.length;
  }

  /** Row for a new entry, in no queue yet. It is taken once its key, value and keyspace are set. */
  allocate(): number {
    const row = this.#free;
    if (row === 0) {
      if (this.end === this.read.length) this.#grow();
      return this.end;
    }
    this.#free = this.#next[row] as number;
    return row;
  }

  /** Takes the row out of its queue and frees it. */
  free(row: number): void {
    this.#unlink(row);
    this.keys[row] = undefined;
    this.values[row] = undefined;
    this.keyspaces[row] = undefined;
    this.#next[row] = this.#free;
    this.#free = row;
  }

  /** Row that has been longest in the queue; the queue itself where it is empty. */
  first(queue: Queue): number {
    return this.#next[queue] as number;
  }

  /** Appends a row that is in no queue. */
  push(queue: Queue, row: number): void {
    const last = this.#previous[queue] as number;
    this.#next[last] = row;
    this.#previous[row] = last;
    this.#next[row] = queue;
    this.#previous[queue] = row;
    this.queues[row] = queue;
  }

  /** Moves a row to the end of a queue, from wherever it is. */
  move(queue: Queue, row: number): void {
    this.#unlink(row);
    this.push(queue, row);
  }

  #unlink(row: number): void {
    const previous = this.#previous[row] as number;
    const next = this.#next[row] as number;
    this.#next[previous] = next;
    this.#previous[next] = previous;
  }

  #grow(): void {
    this.expiresAt = grown(this.expiresAt);
    this.weights = grown(this.weights);
    this.read = grown(this.read);
    this.queues = grown(this.queues);
    this.#next = grown(this.#next);
    this.#previous = grown(this.#previous);
  }
}

/** Copy of a column with room for twice as many rows. */
function grown<T extends Float64Array | Uint32Array | Uint8Array>(column: T): T {
  const copy = new (column.constructor as new (length: number) => T)(column.length * 2);
  copy.set(column);
  return copy;
}
