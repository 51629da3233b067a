/**
 * Largest number of entries whose rows are known; beyond it the oldest is forgotten, before its time where so many are written.
 */
const MAX_KNOWN = 20_000;

/**
 * Versions of rows that were written where memory is the only tier, as the shared tier's fences know them elsewhere: the value of
 * a writer that was held up doesn't bring back what a later one has replaced or purged.
 */
export class RowVersions {
  /** By entry, the least recently written first. */
  readonly #known = new Map<string, { readonly row: string; readonly until: number }>();
  readonly #lifeMs: number;

  /** @param lifeMs life of what is known, in milliseconds. */
  constructor(lifeMs: number) {
    this.#lifeMs = lifeMs;
  }

  /** Greatest version of an entry's row that is known; '~' where a purge knew none. */
  get(entryName: string, now: number): string {
    const known = this.#known.get(entryName);
    return known && now < known.until ? known.row : '';
  }

  /** Remembers that a version of the row was written. */
  raise(entryName: string, row: string, now: number): void {
    const known = this.get(entryName, now);
    // Again at the end.
    this.#known.delete(entryName);
    this.#known.set(entryName, { row: known > row ? known : row, until: now + this.#lifeMs });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_KNOWN) break;
      this.#known.delete(oldest);
    }
  }
}
