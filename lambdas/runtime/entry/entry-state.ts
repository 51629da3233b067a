import type { Policy } from '../policy';
import type { EntryHeader } from './envelope';

/** State of an entry. */
export type EntryState =
  /** It is served. */
  | 'fresh'
  /** It is served, and one reader loads it anew. */
  | 'early'
  /** It is served only while somebody loads it anew. */
  | 'stale'
  /** It is served only where the load fails. */
  | 'stale-if-error'
  /** It is a miss. */
  | 'expired';

/** Verdict of the tags over an entry. */
export type TagVerdict = 'fresh' | 'stale' | 'miss';

/**
 * State of an entry at a time.
 *
 * @param verdict of its tags; `stale` where a purge of the key made it that.
 * @param refreshAt this reader's draw of {@link earlyRefreshAt}.
 */
export function entryState(
  { freshUntil, expiresAt }: Pick<EntryHeader, 'freshUntil' | 'expiresAt'>,
  verdict: TagVerdict,
  { expire, staleMs, errorMs }: Policy,
  now: number,
  refreshAt: number,
): EntryState {
  if (verdict === 'miss' || (verdict === 'stale' && !expire) || now >= expiresAt) return 'expired';
  if (verdict === 'fresh' && now < freshUntil) return now < refreshAt ? 'fresh' : 'early';
  if (staleMs > 0 && now < freshUntil + staleMs) return 'stale';
  if (errorMs > 0 && now < freshUntil + errorMs) return 'stale-if-error';
  return 'expired';
}

/** True where a reader may have the entry while somebody else loads. */
export function isServable(state: EntryState): boolean {
  return state === 'fresh' || state === 'early' || state === 'stale';
}

/**
 * Time at which this reader loads the entry anew (XFetch): before its end, by a random part of the time that its load took, so
 * that the more readers there are, and the longer the load, the surer one of them begins early enough.
 *
 * @see Vattani, Chierichetti, Lowenstein, "Optimal probabilistic cache stampede prevention", VLDB 2015
 */
export function earlyRefreshAt(header: Pick<EntryHeader, 'freshUntil' | 'loadMs'>, policy: Policy, random: () => number): number {
  // 1 - random lies in (0, 1], so that the logarithm is finite.
  return header.freshUntil + header.loadMs * policy.earlyRefresh * Math.log(1 - random());
}
