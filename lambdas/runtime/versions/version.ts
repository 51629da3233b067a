/**
 * Version of a value: a point in the history of the system of record: timeline, then log position (LSN), as 8 and 16 upper-case
 * hex digits. Versions compare as text, in JavaScript as in Lua, where a number would lose bits above 2^53.
 */
export type Version = string;

/** Text of a version. */
export const VERSION = /^[0-9A-F]{24}$/;

/** True for the text of a version. */
export function isVersion(text: unknown): text is Version {
  return typeof text === 'string' && VERSION.test(text);
}

/**
 * Version of a PostgreSQL position.
 *
 * @param timeline PostgreSQL's timeline id, at least 1.
 * @param lsn as PostgreSQL prints a `pg_lsn`, such as `0/16B3748`.
 * @throws {RangeError} where the LSN isn't one.
 */
export function formatVersion(timeline: number, lsn: string): Version {
  const match = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(lsn);
  if (!match) throw new RangeError(`an LSN must be such as '0/16B3748', got: ${JSON.stringify(lsn)}`);
  const [, high, low] = match as unknown as [string, string, string];
  return (timeline.toString(16).padStart(8, '0') + high.padStart(8, '0') + low.padStart(8, '0')).toUpperCase();
}

/** Timeline of a version, as text that compares. */
export function timelineOf(version: Version): string {
  return version.slice(0, 8);
}

/** Version just before this one, on the same timeline. */
export function previousVersion(version: Version): Version {
  const lsn = BigInt(`0x${version.slice(8)}`);
  return version.slice(0, 8) + (lsn > 0n ? lsn - 1n : 0n).toString(16).padStart(16, '0').toUpperCase();
}

/** Later of two versions; an absent one is the earliest. */
export function laterVersion(a: Version | undefined, b: Version | undefined): Version | undefined {
  return !b || (a && a > b) ? a : b;
}
