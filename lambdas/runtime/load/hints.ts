/** Facts of a key's last entry, which prepare for the next load of it. */
export interface Hint {
  /** Tags that it had. */
  readonly tags: readonly string[];
  /** Duration of its load, in milliseconds. */
  readonly loadMs: number;
}

/** Largest number of keys that are remembered; beyond it all are dropped, which costs a second run of a loader here and there. */
const MAX_HINTS = 10_000;

/** Hints of this process, by entry. */
export function newHints() {
  const hints = new Map<string, Hint>();
  return {
    // Most processes have none, and a key that was just put together has no hash yet.
    get: (key: string): Hint | undefined => (hints.size === 0 ? undefined : hints.get(key)),

    /** Stores what a reader couldn't guess: tags that only the loader knows, or a load that needs a long lease. */
    set(key: string, hint: Hint, declaredTags: number, guessedMs: number): void {
      if (hint.tags.length === declaredTags && hint.loadMs <= guessedMs) hints.delete(key);
      else {
        if (hints.size >= MAX_HINTS) hints.clear();
        hints.set(key, hint);
      }
    },
  };
}
