import { mustBe } from '../../arguments';

/** Length of a bucket. */
export type Resolution = 'minute' | 'hour' | 'day';

/** Buckets of a resolution. */
interface Buckets {
  /** Mark in a key. */
  readonly mark: string;
  /** Length of a bucket, in milliseconds. */
  readonly length: number;
  /** Buckets that share a key. */
  readonly perKey: number;
}

/** Buckets of each resolution: an hour of minutes, a day of hours and 32 days share a key. */
export const BUCKETS = {
  minute: { mark: 'm', length: 60_000, perKey: 60 },
  hour: { mark: 'h', length: 3_600_000, perKey: 24 },
  day: { mark: 'd', length: 86_400_000, perKey: 32 },
} as const satisfies Record<Resolution, Buckets>;

/** Length of a bucket's record: sum, count, least and greatest value, as doubles in little-endian order. */
export const RECORD = 32;

/** Life of the buckets of each resolution, in milliseconds. */
export type Kept = ReadonlyMap<Resolution, number>;

/** @throws {CacheError} `E_INVALID_ARGUMENT` where there is none, or one isn't known or no whole number of seconds. */
export function keptOf(resolutions: Readonly<Partial<Record<Resolution, number>>>): Kept {
  const kept = Object.entries(resolutions ?? {}).map(([name, seconds]) => {
    mustBe(Object.hasOwn(BUCKETS, name), 'resolutions', `of ${Object.keys(BUCKETS).join(', ')}`, name);
    mustBe(Number.isSafeInteger(seconds) && seconds > 0, `resolutions.${name}`, 'a whole number of seconds above 0', seconds);
    return [name as Resolution, seconds * 1000] as const;
  });
  mustBe(kept.length > 0, 'resolutions', 'at least one of minute, hour and day', resolutions);
  return new Map(kept);
}

/** Number of the bucket that a time lies in, counted from the epoch. */
export const bucketAt = (resolution: Resolution, at: number): number => Math.floor(at / BUCKETS[resolution].length);

/** Value that may be added to others: sum, count, least and greatest. */
export interface Aggregate {
  sum: number;
  count: number;
  min: number;
  max: number;
}

/** Adds a value. */
export function add(to: Aggregate, value: number): void {
  to.sum += value;
  to.count++;
  if (value < to.min) to.min = value;
  if (value > to.max) to.max = value;
}

/** Bytes of a record. */
export function packed({ sum, count, min, max }: Aggregate): Buffer {
  const bytes = Buffer.allocUnsafe(RECORD);
  [sum, count, min, max].forEach((number, i) => {
    bytes.writeDoubleLE(number, 8 * i);
  });
  return bytes;
}

/** Record at a place of a key's bytes; undefined where nothing was recorded. */
export function unpacked(bytes: Buffer, at: number): Aggregate | undefined {
  if (bytes.length < at + RECORD) return undefined;
  const count = bytes.readDoubleLE(at + 8);
  if (count === 0) return undefined;
  return { sum: bytes.readDoubleLE(at), count, min: bytes.readDoubleLE(at + 16), max: bytes.readDoubleLE(at + 24) };
}
