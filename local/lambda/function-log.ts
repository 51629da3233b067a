import * as fs from 'node:fs';
import * as path from 'node:path';

/** The log file of one function: its processes write to it directly, the platform adds a line per invocation. */
export class FunctionLog {
  readonly file: string;
  #descriptor: number | undefined;

  constructor(folder: string, functionName: string) {
    this.file = path.join(folder, `${functionName}.log`);
  }

  open(): void {
    fs.mkdirSync(path.dirname(this.file), { recursive: true, mode: 0o700 });
    this.#descriptor ??= fs.openSync(this.file, 'a', 0o600);
  }

  close(): void {
    if (this.#descriptor !== undefined) fs.closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  /** File descriptor for the stdout of a process. */
  get output(): number {
    if (this.#descriptor === undefined) throw new Error(`log of a function that was disposed of: ${this.file}`);
    return this.#descriptor;
  }

  /** Drops the line where the disk is full: an invocation must not fail by its log. */
  write(line: string): void {
    if (this.#descriptor === undefined) return;
    try {
      fs.writeSync(this.#descriptor, `${line}\n`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}
