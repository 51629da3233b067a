const ROWS = 4;
/**
 * Number of counters in a row: of a hundred thousand reads a second a key is taken to have at most some hundred too many. A power
 * of two.
 */
const WIDTH = 4096;

/**
 * Count-min sketch of recent reads by key, in 64 KB whatever the number of keys; its counters are halved every `halfLifeMs`. It
 * never counts too little.
 */
export class Sketch {
  readonly #counters = new Uint32Array(ROWS * WIDTH);
  #halvedAt = Number.NEGATIVE_INFINITY;

  readonly #halfLifeMs: number;

  constructor(halfLifeMs = 1000) {
    this.#halfLifeMs = halfLifeMs;
  }

  /** @param hash 32 bits of the key. */
  add(hash: number, times: number, now: number): void {
    this.#age(now);
    const most = this.#least(hash) + times;
    // Only what is less than the key's own count can be is raised: the others' share of a counter isn't its.
    for (let row = 0; row < ROWS; row++) {
      const at = place(hash, row);
      if ((this.#counters[at] as number) < most) this.#counters[at] = most;
    }
  }

  count(hash: number, now: number): number {
    this.#age(now);
    return this.#least(hash);
  }

  #least(hash: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (let row = 0; row < ROWS; row++) least = Math.min(least, this.#counters[place(hash, row)] as number);
    return least;
  }

  #age(now: number): void {
    if (this.#halvedAt === Number.NEGATIVE_INFINITY) this.#halvedAt = now;
    if (now - this.#halvedAt < this.#halfLifeMs) return;
    const halvings = Math.floor((now - this.#halvedAt) / this.#halfLifeMs);
    this.#halvedAt += halvings * this.#halfLifeMs;
    if (halvings > 31) this.#counters.fill(0);
    else for (let i = 0; i < this.#counters.length; i++) this.#counters[i] = (this.#counters[i] as number) >>> halvings;
  }
}

/** Counter of a hash in a row: two halves of one mixed hash make a place in each row. */
function place(hash: number, row: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return row * WIDTH + ((mixed + Math.imul(row, (mixed >>> 16) | 1)) & (WIDTH - 1));
}
