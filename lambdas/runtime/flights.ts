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
  /** Where it takes joiners; -1 where it doesn't. */
  place = -1;
  result: Promise<unknown> | undefined;

  constructor(
    readonly key: string,
    private readonly flights: OpenFlights | undefined,
  ) {}

  /** A flight that nobody can join. */
  static alone(): Flight {
    return new Flight('', undefined);
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
    this.flights?.remove(this);
  }
}

/** Flights under way at once rarely are more, and if they are, a few share a place. */
const PLACES = 1024;

/**
 * Flights that take joiners, by key. Not a `Map`: flights come and go with every read, a map makes itself a new table every few dozen of them,
 * and V8 links the old table to the new one, so that one table that has grown old keeps all that came after it from being collected while it
 * is young. That was a fifth of the time of a shared hit.
 */
class OpenFlights {
  readonly #places = new Array<Flight | undefined>(PLACES).fill(undefined);

  find(key: string): Flight | undefined {
    let flight = this.#places[place(key)];
    while (flight !== undefined && flight.key !== key) flight = flight.next;
    return flight;
  }

  add(flight: Flight): void {
    flight.place = place(flight.key);
    flight.next = this.#places[flight.place];
    this.#places[flight.place] = flight;
  }

  remove(flight: Flight): void {
    const at = flight.place;
    if (at < 0) return;
    flight.place = -1;
    let before: Flight | undefined;
    let current = this.#places[at];
    while (current !== undefined && current !== flight) {
      before = current;
      current = current.next;
    }
    if (current === undefined) return;
    if (before === undefined) this.#places[at] = flight.next;
    else before.next = flight.next;
    flight.next = undefined;
  }
}

let lastKey = '';
let lastPlace = 0;

/** The last characters are those in which keys differ. A read asks for its key's place several times in a row. */
function place(key: string): number {
  if (key === lastKey) return lastPlace;
  let hash = key.length;
  for (let i = Math.max(0, key.length - 10); i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0;
  lastKey = key;
  lastPlace = (hash ^ (hash >>> 16)) & (PLACES - 1);
  return lastPlace;
}

export class Flights<R> {
  readonly #open = new OpenFlights();

  /** @returns undefined where no flight of the key takes joiners; else a promise of its result, or of undefined where it isn't for this joiner. */
  join(key: string): Promise<R | undefined> | undefined {
    const flight = this.#open.find(key);
    if (!flight?.result) return undefined;
    const number = flight.joined++;
    return (flight.result as Promise<R>).then((value) => (number < flight.shared ? value : undefined));
  }

  /** Starts a flight; `fly` says through the flight who may take its result, and closes it, whatever becomes of it. */
  start(key: string, fly: (flight: Flight) => Promise<R>): Promise<R> {
    const flight = new Flight(key, this.#open);
    this.#open.add(flight);
    const result = fly(flight);
    flight.result = result;
    return result;
  }
}
