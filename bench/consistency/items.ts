import { type Random, seeded } from './random';

/** A row that is cached: its number says how often it was written, and so how old a copy is. */
export interface Item {
  readonly id: number;
  /** Namespace of the cache that it is read through. */
  readonly space: Space;
  /** Name of the entry within the shared tier's keys. */
  readonly key: string;
  readonly tags: readonly string[];
}

export type Space = keyof typeof TTL_SECONDS;

/** Few, so that reads and purges meet. */
const TAGGED = 16;
const PLAIN = 12;
const QUIET = 12;

/**
 * Entries of hot items live longer than any time between two purges, so that only a purge ends them. Those of quiet items end
 * while a replica is paused, and the fence of their last write has ended before (a lease keeps it for a second and a half): what
 * is loaded then rests on the floor alone.
 */
export const TTL_SECONDS = { hot: 60, quiet: 2 } as const;

/** Every row, by id. The tagged ones are purged by two kinds of tags and by key, the others by key only. */
export const ITEMS: readonly Item[] = Array.from({ length: TAGGED + PLAIN + QUIET }, (_, id) => ({
  id,
  ...(id < TAGGED + PLAIN ? { space: 'hot', key: `hot/1/${id}` } : { space: 'quiet', key: `quiet/1/${id}` }),
  tags: id < TAGGED ? [`kind:${id % 4}`, `place:${id % 3}`] : [],
}));

export const TAGS: readonly string[] = [...new Set(ITEMS.flatMap((item) => item.tags))].sort();

/** Shares of the writes. */
const TAG_WRITES = 0.25;
const QUIET_WRITES = 0.02;
/**
 * Share of the reads and of the writes that all processes do on one item for a while, so that they meet even where the machine is
 * slow.
 */
const TOGETHER = 0.4;
const TOGETHER_MICROSECONDS = 250_000;

/** The item that all processes turn to at this time of their common clock. */
function meetingPoint(at: number): number {
  return Math.floor(seeded(Math.floor(at / TOGETHER_MICROSECONDS)).next() * (TAGGED + PLAIN));
}

/** Next write: one row, or now and then all rows of a tag. `at` is the common clock's. */
export function nextWrite(random: Random, at: number): { readonly ids: readonly number[]; readonly tag?: string } {
  const share = random.next();
  if (share < TAG_WRITES) {
    const tag = random.pick(TAGS);
    return { tag, ids: ITEMS.filter((item) => item.tags.includes(tag)).map((item) => item.id) };
  }
  if (share < TAG_WRITES + QUIET_WRITES) return { ids: [TAGGED + PLAIN + Math.floor(random.next() * QUIET)] };
  if (random.chance(TOGETHER)) return { ids: [meetingPoint(at)] };
  return { ids: [Math.floor(random.next() * (TAGGED + PLAIN))] };
}

export function nextRead(random: Random, at: number): Item {
  return random.chance(TOGETHER) ? ITEMS[meetingPoint(at)]! : random.pick(ITEMS);
}
