import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startOf } from './process-tree';

/** Record of a process for a later run. */
export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  readonly stopSignal: NodeJS.Signals;
}

/** Interval of the check whether a process is gone, in milliseconds: it is no child of this process, so no event tells. */
const POLL_MS = 20;

/** A record as it is kept: with when the process started, and who started it. */
interface KeptRecord extends ProcessRecord {
  readonly start: string;
  readonly owner: { readonly pid: number; readonly start: string };
}

/** The processes of a state folder: a small file each, so that several owners can add and remove their own without a lock. */
export class Records {
  readonly #folder: string;

  constructor(stateDir: string) {
    this.#folder = path.join(stateDir, 'pids');
  }

  add(record: ProcessRecord): void {
    const start = startOf(record.pid);
    // It has ended already.
    if (!start) return;
    fs.mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const kept: KeptRecord = { ...record, start, owner: { pid: process.pid, start: startOf(process.pid)! } };
    fs.writeFileSync(this.#file(record.pid), JSON.stringify(kept));
  }

  remove(pid: number): void {
    fs.rmSync(this.#file(pid), { force: true });
  }

  /** Those that run though who started them doesn't; the records of what has ended are dropped. */
  leftovers(): ProcessRecord[] {
    if (!fs.existsSync(this.#folder)) return [];
    return fs.readdirSync(this.#folder).flatMap((file) => {
      const record = this.#read(Number.parseInt(file, 10));
      if (record && isSame(record)) return isSame(record.owner) ? [] : [record];
      fs.rmSync(path.join(this.#folder, file), { force: true });
      return [];
    });
  }

  /** Waits until the process is gone. @returns whether that came within the limit */
  async gone({ pid }: ProcessRecord, limitMs: number): Promise<boolean> {
    const record = this.#read(pid);
    for (let waited = 0; record && isSame(record); waited += POLL_MS) {
      if (waited >= limitMs) return false;
      await sleep(POLL_MS);
    }
    return true;
  }

  /** Undefined where there is none, or half of one: the run ended while it was written. */
  #read(pid: number): KeptRecord | undefined {
    try {
      return JSON.parse(fs.readFileSync(this.#file(pid), 'utf8'));
    } catch {
      return undefined;
    }
  }

  #file(pid: number): string {
    return path.join(this.#folder, `${pid}.json`);
  }
}

/** True of a process that runs, and is the one that was recorded. */
function isSame({ pid, start }: { pid: number; start: string }): boolean {
  return startOf(pid) === start;
}
