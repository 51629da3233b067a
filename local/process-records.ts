import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startOf } from './process-tree';

/** What is kept of a process for a later run. */
export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  readonly stopSignal: NodeJS.Signals;
}

/** How often to look whether a process is gone, in milliseconds: it is no child of this process, so nothing tells. */
const POLL_MS = 20;

/** The processes of a state folder: a small file each, so that several owners can add and remove their own without a lock. */
export class Records {
  private readonly folder: string;

  constructor(stateDir: string) {
    this.folder = path.join(stateDir, 'pids');
  }

  add(record: ProcessRecord): void {
    const start = startOf(record.pid);
    if (!start) return;
    fs.mkdirSync(this.folder, { recursive: true });
    fs.writeFileSync(this.file(record.pid), JSON.stringify({ ...record, start }));
  }

  remove(pid: number): void {
    fs.rmSync(this.file(pid), { force: true });
  }

  clear(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  /** Those recorded that still run. */
  running(): ProcessRecord[] {
    if (!fs.existsSync(this.folder)) return [];
    return fs
      .readdirSync(this.folder)
      .map((file) => Number.parseInt(file, 10))
      .flatMap((pid) => {
        const record = this.read(pid);
        return record && this.isSame(record) ? [record] : [];
      });
  }

  /** Waits until the process is gone. @returns whether that came within the limit */
  async gone(record: ProcessRecord, limitMs: number): Promise<boolean> {
    for (let waited = 0; this.isSame(record); waited += POLL_MS) {
      if (waited >= limitMs) return false;
      await sleep(POLL_MS);
    }
    return true;
  }

  private isSame(record: ProcessRecord): boolean {
    const known = this.read(record.pid);
    return known !== undefined && startOf(record.pid) === known.start;
  }

  /** Undefined where there is none, or half of one: the run ended while it was written. */
  private read(pid: number): (ProcessRecord & { start: string }) | undefined {
    try {
      return JSON.parse(fs.readFileSync(this.file(pid), 'utf8'));
    } catch {
      return undefined;
    }
  }

  private file(pid: number): string {
    return path.join(this.folder, `${pid}.json`);
  }
}
