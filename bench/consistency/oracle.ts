import type { PurgeRecord, ReadRecord } from './journal';

/** Result of a run. */
export interface Verdict {
  readonly reads: number;
  /** Reads whose value came from an entry of the shared tier, or from another read of the process. */
  readonly hits: number;
  readonly purges: number;
  /** Reads that were invoked at most 100 ms after a purge of their item had returned. */
  readonly readsNear: number;
  /** Hits that are older than a write whose purge had returned anywhere before they were invoked. */
  readonly violations: number;
  /**
   * The same, where the purge had returned before a Redis primary was killed and the hit was invoked after it: reported apart.
   */
  readonly failoverViolations: number;
  /** Time from the first answer of the lost primary's shard to the last of those hits, in milliseconds. */
  readonly failoverStaleMs: number;
  /** Values that a read loaded itself and that are that old; where the primary is gone, a replica of unknown age answers. */
  readonly staleLoads: number;
  /** Reads by their reason for not having been served or filled by the shared tier. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The first violations, for whoever has to understand them. */
  readonly examples: readonly Violation[];
}

export interface Violation {
  readonly item: number;
  readonly at: number;
  readonly number: number;
  readonly shared: boolean;
  readonly collapsed: boolean;
  /** Lowest number that the hit should have contained. */
  readonly needed: number;
  /** Time between the return of the first purge that the hit ignores and the hit, in milliseconds. */
  readonly staleMs: number;
  readonly purge: string;
}

/** A Redis primary that was killed; microseconds of the common clock. */
export interface Failover {
  readonly killedAt: number;
  readonly promotedAt: number;
}

const NEAR_MICROSECONDS = 100_000;
const EXAMPLES = 5;

/** Purges of one item, with the times of their returns. */
class Purged {
  #at: number[] = [];
  /** The greatest number purged up to that time. */
  #number: number[] = [];
  #by: string[] = [];

  /** Takes purges in the order in which they returned. */
  add(at: number, number: number, by: string): void {
    this.#at.push(at);
    this.#number.push(Math.max(number, this.#number.at(-1) ?? 0));
    this.#by.push(by);
  }

  /** The last purge that had returned before this time. */
  before(at: number): { at: number; number: number } | undefined {
    const index = firstIndex(this.#at.length, (i) => this.#at[i]! >= at) - 1;
    return index < 0 ? undefined : { at: this.#at[index]!, number: this.#number[index]! };
  }

  /** The first purge of a write later than this number. */
  firstAfter(number: number): { at: number; by: string } {
    const index = firstIndex(this.#at.length, (i) => this.#number[i]! > number);
    return { at: this.#at[index]!, by: this.#by[index]! };
  }
}

/** Judges every read of a run by what the writers say, knowing nothing of how the cache works. */
export function judge(reads: Iterable<ReadRecord>, purges: readonly PurgeRecord[], failovers: readonly Failover[] = []): Verdict {
  const items = new Map<number, Purged>();
  for (const purge of [...purges].sort((a, b) => a.at - b.at)) {
    for (const [item, number] of purge.rows) {
      if (!items.has(item)) items.set(item, new Purged());
      items.get(item)!.add(purge.at, number, purge.tag ? `tag ${purge.tag}` : 'key');
    }
  }
  const verdict = { reads: 0, hits: 0, purges: purges.length, readsNear: 0, violations: 0, failoverViolations: 0, staleLoads: 0 };
  const reasons: Record<string, number> = {};
  const examples: Violation[] = [];
  let failoverStaleMs = 0;
  for (const read of reads) {
    verdict.reads++;
    const hit = read.shared || read.collapsed;
    if (hit) verdict.hits++;
    if (read.reason) reasons[read.reason] = (reasons[read.reason] ?? 0) + 1;
    const last = items.get(read.item)?.before(read.at);
    if (!last) continue;
    if (read.at - last.at <= NEAR_MICROSECONDS) verdict.readsNear++;
    if (read.number >= last.number) continue;
    if (!hit) {
      verdict.staleLoads++;
      continue;
    }
    const first = items.get(read.item)!.firstAfter(read.number);
    const failover = failovers.filter(({ killedAt }) => first.at < killedAt && killedAt < read.at).at(-1);
    if (failover) {
      verdict.failoverViolations++;
      failoverStaleMs = Math.max(failoverStaleMs, (read.at - failover.promotedAt) / 1000);
    } else {
      verdict.violations++;
      if (examples.length < EXAMPLES) {
        const { item, at, number, shared, collapsed } = read;
        const staleMs = (at - first.at) / 1000;
        examples.push({ item, at, number, shared, collapsed, needed: last.number, staleMs, purge: first.by });
      }
    }
  }
  return { ...verdict, failoverStaleMs, reasons, examples };
}

/** The first index for which the condition holds, where it holds for all that follow; `length` where there is none. */
function firstIndex(length: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
