/**
 * Largest number of entries whose rows are known; beyond it the oldest is forgotten, before its time where so many are written.
 */
const MAX_KNOWN = 20_000;

/**
 * Versions of rows that were written where memory is the only tier, as the shared tier's fences know them elsewhere: the value of
 * a writer that was held up doesn't bring back what a later one has replaced or purged.
 *
 * @param lifeMs life of what is known, in milliseconds.
 */
export function newRowVersions(lifeMs: number) {
  /** By entry, the least recently written first. */
  const versions = new Map<string, { readonly row: string; readonly until: number }>();

  /** Greatest version of an entry's row that is known; '~' where a purge knew none. */
  function get(entryName: string, now: number): string {
    const known = versions.get(entryName);
    return known && now < known.until ? known.row : '';
  }

  /** Remembers that a version of the row was written. */
  function raise(entryName: string, row: string, now: number): void {
    const known = get(entryName, now);
    // Again at the end.
    versions.delete(entryName);
    versions.set(entryName, { row: known > row ? known : row, until: now + lifeMs });
    for (const oldest of versions.keys()) {
      if (versions.size <= MAX_KNOWN) break;
      versions.delete(oldest);
    }
  }

  return { get, raise };
}
