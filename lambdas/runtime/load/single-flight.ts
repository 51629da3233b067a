/**
 * Single flight with a rule of its own: a reader may take another read's result only where that read looked at the source after the reader
 * asked. Who joins later gets nothing, and asks again.
 */
export class Flight {
  joined = 0;
  /** Joiners with a number below it may take the result. */
  shared = 0;
  /** The next flight whose key has the same place. */
  next: Flight | undefined;
  result: Promise<unknown> | undefined;
  readonly #flights: Pick<Flights<unknown>, 'remove'> | undefined;

  /** @param place where it takes joiners; -1 where it doesn't. */
  constructor(
    readonly key: string,
    public place = -1,
    flights?: Pick<Flights<unknown>, 'remove'>,
  ) {
    this.#flights = flights;
  }

  /** A flight that nobody can join. */
  static alone(): Flight {
    return new Flight('');
  }

  /** Whoever has joined so far may take the result: the source is looked at only now, or something proves that no purge came in between. */
  share(): void {
    this.shared = this.joined;
  }

  /** The result holds for nobody but the one who flew. */
  shareWithNone(): void {
    this.shared = 0;
  }

  /** No more joiners: the proof is on its way. */
  close(): void {
    this.#flights?.remove(this);
  }
}

/** Flights under way at once rarely are more, and if they are, a few share a place. */
const PLACES = 1024;

/**
 * Flights that take joiners, by key. Not a `Map`: flights come and go with every read, a map makes itself a new table every few dozen of them,
 * and V8 links the old table to the new one, so that one table that has grown old keeps all that came after it from being collected while it
 * is young. That was a fifth of the time of a shared hit.
 */
export class Flights<R> {
  readonly #places = new Array<Flight | undefined>(PLACES).fill(undefined);

  /**
   * @param slot the cluster's slot of the key, which tells keys apart well enough.
   * @returns undefined where no flight of the key takes joiners; else a promise of its result, or of undefined where it isn't for this joiner.
   */
  join(slot: number, key: string): Promise<R | undefined> | undefined {
    let flight = this.#places[slot % PLACES];
    while (flight !== undefined && flight.key !== key) flight = flight.next;
    if (!flight?.result) return undefined;
    const joined = flight;
    const number = joined.joined++;
    return (flight.result as Promise<R>).then((value) => (number < joined.shared ? value : undefined));
  }

  /** Starts a flight; `fly` says through the flight who may take its result, and closes it, whatever becomes of it. */
  start(slot: number, key: string, fly: (flight: Flight) => Promise<R>): Promise<R> {
    const place = slot % PLACES;
    const flight = new Flight(key, place, this);
    flight.next = this.#places[place];
    this.#places[place] = flight;
    const result = fly(flight);
    flight.result = result;
    return result;
  }

  remove(flight: Flight): void {
    const { place } = flight;
    if (place < 0) return;
    flight.place = -1;
    let before = this.#places[place];
    if (before === flight) this.#places[place] = flight.next;
    else {
      while (before && before.next !== flight) before = before.next;
      if (before) before.next = flight.next;
    }
    flight.next = undefined;
  }
}
