import * as fs from 'node:fs';

/** Microseconds of CLOCK_MONOTONIC, which all processes of the machine share. */
export function monotonic(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}

/** Record of a read: its times, its value and the tier that had it. */
export interface ReadRecord {
  readonly item: number;
  /** When it was invoked. */
  readonly at: number;
  /** The row's number in the value. */
  readonly number: number;
  /** True if the value came from an entry of the shared tier. */
  readonly shared: boolean;
  /** True if it came from another read of the process. */
  readonly collapsed: boolean;
  readonly reason: Reason;
}

export const REASONS = ['', 'fill-rejected', 'shared-unavailable', 'lease-wait', 'unfillable', 'too-large', 'other'] as const;
export type Reason = (typeof REASONS)[number];

/** A purge that has returned. */
export interface PurgeRecord {
  /** When it returned. */
  readonly at: number;
  readonly version: string;
  readonly tag?: string;
  /** Each row of the write, with its number in it. */
  readonly rows: readonly (readonly [item: number, number: number])[];
}

/** When it was invoked, number, item, how, reason. */
const RECORD_BYTES = 8 + 4 + 2 + 1 + 1;
const BUFFERED_RECORDS = 1024;
const SHARED = 1;
const COLLAPSED = 2;

/** Journal of a process, on disk, because the process may be killed at any time. */
export class Journal {
  readonly #file: number;
  readonly #buffer = Buffer.allocUnsafe(RECORD_BYTES * BUFFERED_RECORDS);
  #used = 0;
  reads = 0;
  purges = 0;

  constructor(file: string) {
    this.#file = fs.openSync(file, 'a');
  }

  read(record: ReadRecord): void {
    let at = this.#buffer.writeDoubleLE(record.at, this.#used);
    at = this.#buffer.writeUInt32LE(record.number, at);
    at = this.#buffer.writeUInt16LE(record.item, at);
    at = this.#buffer.writeUInt8((record.shared ? SHARED : 0) | (record.collapsed ? COLLAPSED : 0), at);
    this.#used = this.#buffer.writeUInt8(REASONS.indexOf(record.reason), at);
    if (this.#used === this.#buffer.length) this.flush();
  }

  /** Written at once: a purge that nobody knows of would excuse every hit. */
  purge(record: PurgeRecord): void {
    fs.writeSync(this.#file, `${JSON.stringify(record)}\n`);
    this.purges++;
  }

  flush(): void {
    if (this.#used === 0) return;
    fs.writeSync(this.#file, this.#buffer, 0, this.#used);
    this.reads += this.#used / RECORD_BYTES;
    this.#used = 0;
  }
}

/** The reads of a reader's journal; a last one that is cut off is left out. */
export function* readsOf(file: string): Generator<ReadRecord> {
  const bytes = fs.readFileSync(file);
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    const how = bytes.readUInt8(at + 14);
    yield {
      at: bytes.readDoubleLE(at),
      number: bytes.readUInt32LE(at + 8),
      item: bytes.readUInt16LE(at + 12),
      shared: (how & SHARED) !== 0,
      collapsed: (how & COLLAPSED) !== 0,
      reason: REASONS[bytes.readUInt8(at + 15)] ?? 'other',
    };
  }
}

/** The purges of a writer's journal; a last one that is cut off is left out. */
export function purgesOf(file: string): PurgeRecord[] {
  const lines = fs.readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as PurgeRecord);
}
