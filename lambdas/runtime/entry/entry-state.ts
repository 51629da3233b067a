import type { Policy } from '../policy';
import type { EntryHeader } from './envelope';

/**
 * What may be done with an entry. `fresh`: serve it. `early`: serve it, and one reader loads it anew. `stale`: serve it only while somebody
 * loads it anew. `spare`: serve it only where the load fails. `gone`: it is a miss.
 */
export type EntryState = 'fresh' | 'early' | 'stale' | 'spare' | 'gone';

/** What the tags say of an entry. */
export type TagVerdict = 'fresh' | 'stale' | 'miss';

/**
 * @param expired whether a purge of the key made it stale.
 * @param refreshAt this reader's draw of {@link earlyRefreshAt}.
 */
export function entryState(
  { freshUntil, expiresAt }: Pick<EntryHeader, 'freshUntil' | 'expiresAt'>,
  purged: { readonly expired: boolean; readonly tags: TagVerdict },
  { expire, staleWhileRevalidateMs, staleIfErrorMs }: Policy,
  now: number,
  refreshAt: number,
): EntryState {
  if (purged.tags === 'miss' || now >= expiresAt) return 'gone';
  const expired = purged.expired || purged.tags === 'stale';
  if (expired && !expire) return 'gone';
  if (!expired && now < freshUntil) return now < refreshAt ? 'fresh' : 'early';
  if (staleWhileRevalidateMs > 0 && now < freshUntil + staleWhileRevalidateMs) return 'stale';
  if (staleIfErrorMs > 0 && now < freshUntil + staleIfErrorMs) return 'spare';
  return 'gone';
}

/** Whether a reader may have it while somebody else loads. */
export function isServable(state: EntryState): boolean {
  return state === 'fresh' || state === 'early' || state === 'stale';
}

/**
 * When this reader thinks that the entry should be loaded anew (XFetch): before it ends, by a random part of the time that its load took,
 * so that the more readers there are, and the longer the load, the surer one of them begins early enough.
 *
 * @see Vattani, Chierichetti, Lowenstein, "Optimal probabilistic cache stampede prevention", VLDB 2015
 */
export function earlyRefreshAt(header: Pick<EntryHeader, 'freshUntil' | 'loadMs'>, policy: Policy, random: () => number): number {
  if (policy.earlyRefresh === 0) return header.freshUntil;
  // 1 - random lies in (0, 1], so that the logarithm is finite.
  return header.freshUntil + header.loadMs * policy.earlyRefresh * Math.log(1 - random());
}
