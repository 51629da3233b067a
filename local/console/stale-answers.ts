import type { LedgerPurge } from './ledger';
import type { RequestRow, StaleAnswers, StaleRequest } from './protocol';
import { names } from './requests';

/** Purges whose counts are kept. */
const KEPT = 200;

/** Times of each purge that are kept. */
const KEPT_TIMES = 300;

const NONE: StaleAnswers = { count: 0, afterCompletion: 0, afterMs: [] };

/** Parts of a purge that decide which answers are from before it. */
export type Purge = Pick<LedgerPurge, 'id' | 'tags' | 'paths' | 'committedAt' | 'completedAt' | 'steps'>;

/** Counts of answers that may be from before a purge; see {@link StaleAnswers}. */
export class StaleCounts {
  readonly #counts = new Map<string, StaleAnswers>();

  /** Counts of a purge so far. */
  of(purgeId: string): StaleAnswers {
    return this.#counts.get(purgeId) ?? NONE;
  }

  /**
   * Judges answers, each once: with a ledger that was read after all of them were given, so that it has each purge that they came
   * after.
   */
  judge(rows: readonly RequestRow[], purges: readonly Purge[]): StaleRequest[] {
    return rows.flatMap((row) => {
      const before = purges.filter((purge) => isStale(row, purge));
      for (const purge of before) this.#count(row, purge);
      return before.map(({ id }) => ({ seq: row.seq, purgeId: id }));
    });
  }

  #count({ at }: RequestRow, { id, committedAt, completedAt }: Purge): void {
    const { count, afterCompletion, afterMs } = this.of(id);
    const late = completedAt !== undefined && at > completedAt ? 1 : 0;
    const times = [...afterMs, at - committedAt].slice(-KEPT_TIMES);
    this.#counts.set(id, { count: count + 1, afterCompletion: afterCompletion + late, afterMs: times });
    if (this.#counts.size > KEPT) this.#counts.delete(this.#counts.keys().next().value as string);
  }
}

/** True of an answer of the edge that isn't known to contain the change of a purge that was committed before it was asked for. */
export function isStale({ asked, at, tags, url, madeAt, madeBy }: RequestRow, purge: Purge): boolean {
  if (asked !== 'edge' || madeAt === undefined || at <= purge.committedAt) return false;
  const items = [...purge.paths, ...purge.tags.map((tag) => `#${tag}`)];
  if (!names({ items }, tags, url.split('?')[0]!)) return false;
  const step = madeBy === 'memory' ? 'gateway' : 'shared';
  const acknowledgedAt = purge.steps.find((each) => each.step === step)?.at ?? Infinity;
  return madeAt < acknowledgedAt;
}
