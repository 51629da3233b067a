import { seeded } from '../consistency/random';
import { Zipf } from '../support/zipf';

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
  const random = seeded(seed);
  const ranks = new Zipf(KEYS, Number(/[\d.]+/.exec(name)?.[0]));
  const keys: string[] = [];
  let scanned = KEYS;
  for (let i = 0; i < REQUESTS; i++) {
    if (name.endsWith('with scans') && i % SCAN_EVERY === SCAN_EVERY - 1) {
      for (let j = 0; j < SCAN; j++) keys.push(keyOf(scanned++));
    }
    const shift = name.endsWith('shifting') ? Math.floor(i / SHIFT_EVERY) * SHIFT : 0;
    keys.push(keyOf((ranks.next(random) - 1 + shift) % KEYS));
  }
  return keys;
}

/** Name of a key; all have one length, so that all weigh the same. */
function keyOf(rank: number): string {
  return `item-${String(rank).padStart(5, '0')}`;
}
