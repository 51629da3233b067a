/**
 * Single flight with a rule of its own: a reader may take another read's result only where that read looked at the source after the reader
 * asked. Who joins later gets nothing, and asks again.
 */
export class Flight {
  joined = 0;
  /** Joiners with a number below it may take the result. */
  shared = 0;

  constructor(
    private readonly flights: Map<string, unknown>,
    private readonly key: string,
  ) {}

  /** A flight that nobody can join. */
  static alone(): Flight {
    return new Flight(new Map(), '');
  }

  /** The source is looked at now: whoever has joined so far may take the result of this look. */
  look(): void {
    this.shared = this.joined;
  }

  /** The result holds for everyone who has joined: something proves that no purge came in between. */
  shareWithAll(): void {
    this.shared = this.joined;
  }

  /** The result holds for nobody but the one who flew. */
  shareWithNone(): void {
    this.shared = 0;
  }

  /** No more joiners: the proof is on its way. */
  close(): void {
    if ((this.flights.get(this.key) as { flight: Flight } | undefined)?.flight === this) this.flights.delete(this.key);
  }
}

export class Flights<R> {
  readonly #flying = new Map<string, { flight: Flight; result: Promise<R> }>();

  /** @returns undefined where no flight of the key takes joiners; else a promise of its result, or of undefined where it isn't for this joiner. */
  join(key: string): Promise<R | undefined> | undefined {
    const current = this.#flying.get(key);
    if (!current) return undefined;
    const { flight, result } = current;
    const number = flight.joined++;
    return result.then((value) => (number < flight.shared ? value : undefined));
  }

  /** Starts a flight; `fly` says through the flight who may take its result. */
  start(key: string, fly: (flight: Flight) => Promise<R>): Promise<R> {
    const flight = new Flight(this.#flying, key);
    const result = fly(flight);
    this.#flying.set(key, { flight, result });
    // Not `finally`, which makes three promises where this makes one.
    const close = () => flight.close();
    result.then(close, close);
    return result;
  }
}
