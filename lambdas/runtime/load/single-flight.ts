/**
 * Operation under way that other reads may join. A reader may take its result only where the operation looked at the source after
 * the reader asked; who joins later gets nothing, and asks again.
 */
export class InFlight {
  joiners = 0;
  /** Joiners with a number below it may take the result. */
  admitted = 0;
  /** Next operation whose key has the same bucket. */
  next: InFlight | undefined;
  result: Promise<unknown> | undefined;

  /**
   * @param bucket its bucket while it takes joiners.
   * @param buckets those that it is in one of; without them nobody can join it.
   */
  constructor(
    readonly key = '',
    readonly bucket = 0,
    readonly buckets: (InFlight | undefined)[] = [],
  ) {}

  /**
   * Everyone who has joined so far may take the result: the source is looked at only now, or a proof says that no purge came in
   * between.
   */
  admit(): void {
    this.admitted = this.joiners;
  }

  /** Nobody who has joined may take the result. */
  reject(): void {
    this.admitted = 0;
  }

  /** Takes no more joiners: the proof is on its way. */
  close(): void {
    const { buckets, bucket } = this;
    let before = buckets[bucket];
    if (before === this) buckets[bucket] = this.next;
    while (before && before.next !== this) before = before.next;
    if (before) before.next = this.next;
  }
}

/** Number of buckets. Operations under way at once rarely are more, and if they are, a few share a bucket. */
const BUCKETS = 1024;

/**
 * Single flight: operations that take joiners, by key. Not a `Map`: operations come and go with every read, a map makes itself a
 * new table every few dozen of them, and V8 links the old table to the new one, so that one table that has grown old keeps all
 * that came after it from being collected while it is young. That was a fifth of the time of a shared hit.
 */
export class SingleFlight<R> {
  readonly #buckets = new Array<InFlight | undefined>(BUCKETS).fill(undefined);

  /**
   * Joins the operation of a key.
   *
   * @param slot the cluster's slot of the key, which tells keys apart well enough.
   * @returns undefined where no operation takes joiners; else a promise of its result, or of undefined where it isn't for this
   * joiner.
   */
  join(slot: number, key: string): Promise<R | undefined> | undefined {
    let flight = this.#buckets[slot % BUCKETS];
    while (flight && flight.key !== key) flight = flight.next;
    if (!flight?.result) return undefined;
    const joined = flight;
    const number = joined.joiners++;
    return (flight.result as Promise<R>).then((value) => (number < joined.admitted ? value : undefined));
  }

  /** Starts an operation; `run` tells the flight who may take its result, and closes it, whatever becomes of it. */
  start(slot: number, key: string, run: (flight: InFlight) => Promise<R>): Promise<R> {
    const bucket = slot % BUCKETS;
    const flight = new InFlight(key, bucket, this.#buckets);
    flight.next = this.#buckets[bucket];
    this.#buckets[bucket] = flight;
    const result = run(flight);
    flight.result = result;
    return result;
  }
}
