import { encodeEntry } from '../entry/envelope';
import type { Version } from '../versions/version';

/** Version of a log position, of timeline 1 where nothing else is said. */
export const version = (lsn: number, timeline = 1): Version =>
  `${timeline.toString(16).padStart(8, '0')}${lsn.toString(16).padStart(16, '0')}`.toUpperCase();

/** Version of a row, as stores compare it. */
export const row = (number: number): string => String(number).padStart(24, '0');

/** Text of an entry as the read path stores it, or as a writer does who knows the version of its row. */
export function entryOf(token: string, value: unknown, rowVersion?: string): string {
  const times = { loadedAt: 1, freshUntil: 2, expiresAt: 3, loadMs: 4 };
  const header = { token, version: version(1), ...times, tags: [], ...(rowVersion && { row: rowVersion }) };
  return encodeEntry(header, JSON.stringify(value));
}
