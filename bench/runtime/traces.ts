/** Keys in the order in which they are asked for. */
export type Trace = readonly string[];

export const TRACES = ['Zipf 0.8', 'Zipf 1.0', 'Zipf 1.2', 'Zipf 1.0 with scans', 'Zipf 1.0, shifting'] as const;

const KEYS = 20_000;
const REQUESTS = 200_000;
/** A scan of this many keys that nobody else asks for, after so many other requests. */
const SCAN = 4000;
const SCAN_EVERY = 20_000;
/** After so many requests other keys become the popular ones. */
const SHIFT_EVERY = 20_000;
const SHIFT = 2000;

/** @param seed the same seed makes the same trace. */
export function trace(name: (typeof TRACES)[number], seed: number): Trace {
  const random = numbers(seed);
  const draw = zipf(KEYS, Number(/[\d.]+/.exec(name)?.[0]), random);
  const keys: string[] = [];
  let scanned = KEYS;
  for (let i = 0; i < REQUESTS; i++) {
    if (name.endsWith('with scans') && i % SCAN_EVERY === SCAN_EVERY - 1) {
      for (let j = 0; j < SCAN; j++) keys.push(keyOf(scanned++));
    }
    const shift = name.endsWith('shifting') ? Math.floor(i / SHIFT_EVERY) * SHIFT : 0;
    keys.push(keyOf((draw() + shift) % KEYS));
  }
  return keys;
}

/** Name of a key; all have one length, so that all weigh the same. */
function keyOf(rank: number): string {
  return `item-${String(rank).padStart(5, '0')}`;
}

/** Draws ranks from 0, the n-th with a chance in proportion to 1 / n^skew. */
function zipf(count: number, skew: number, random: () => number): () => number {
  const upTo = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += 1 / (i + 1) ** skew;
    upTo[i] = sum;
  }
  return () => {
    const wanted = random() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((upTo[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Mulberry32: numbers from 0 to 1, the same for the same seed. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}
