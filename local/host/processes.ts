import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Records } from './process-records';
import { processTree, signalAll } from './process-tree';

/** A user that a process runs as. Only root can run one as somebody else. */
export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
}

/** A program to run. */
export interface ProcessSpec {
  /** Unique among those that run; names the log file too. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** A folder that the process's user may enter. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** @default - the user of this process */
  readonly user?: ProcessUser;
  /** Signal that asks the program to end cleanly. @default SIGTERM */
  readonly stopSignal?: NodeJS.Signals;
  /** Time from the stop signal until it is killed, in milliseconds. @default 5000 */
  readonly stopLimitMs?: number;
}

/** Time from a stop signal until a process is killed, in milliseconds. */
const STOP_LIMIT_MS = 5000;

/** Lines of a log file that an error quotes. */
const TAIL_LINES = 8;

/** A running program, or one that has ended. */
export class ManagedProcess {
  readonly #child: ChildProcess;
  readonly #logFile: string;
  readonly #logStart: number;
  readonly pid: number;
  /** Resolves when the process has ended, however that came about. */
  readonly exited: Promise<void>;
  /** Of a process that has ended by itself. */
  exitCode: number | null = null;
  #ended = false;

  constructor(
    readonly spec: ProcessSpec,
    child: ChildProcess,
    logFile: string,
    logStart: number,
  ) {
    this.#child = child;
    this.#logFile = logFile;
    this.#logStart = logStart;
    this.pid = child.pid!;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code) => {
        this.#ended = true;
        this.exitCode = code;
        resolve();
      });
    });
  }

  get running(): boolean {
    return !this.#ended;
  }

  /** Sends a signal; one that stops, continues or kills goes to the processes that it started as well. */
  signal(signal: NodeJS.Signals): void {
    if (this.#ended) return;
    if (signal === 'SIGSTOP' || signal === 'SIGCONT' || signal === 'SIGKILL') signalAll(processTree(this.pid), signal);
    else this.#child.kill(signal);
  }

  /** Asks the process to end, insists after a while, and resolves when it has ended. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.signal(this.spec.stopSignal ?? 'SIGTERM');
    // A stopped process acts on its signal only once it goes on.
    this.signal('SIGCONT');
    const timer = setTimeout(() => this.signal('SIGKILL'), this.spec.stopLimitMs ?? STOP_LIMIT_MS);
    await this.exited;
    clearTimeout(timer);
  }

  /** The last lines that the process wrote. */
  logTail(): string {
    const text = fs.readFileSync(this.#logFile).subarray(this.#logStart).toString('utf8');
    return text.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  }
}

/**
 * Starts programs, ends them, and records them on disk, so that {@link endLeftovers} finds those that a crash left behind. Each
 * writes to `<stateDir>/logs/<name>.log`.
 */
export class Processes {
  /** Called when a process that was started ends before `dispose`, asked or unasked. */
  readonly #onEnd: (ended: ManagedProcess) => void;
  readonly #processes = new Map<string, ManagedProcess>();
  readonly #records: Records;
  readonly #logs: string;
  #disposed = false;
  /** Synchronous end of everything, for a process that ends without `dispose`, by an uncaught error say. */
  readonly #onExit = () => {
    for (const one of this.#processes.values()) one.signal('SIGKILL');
  };

  constructor(stateDir: string, onEnd: (ended: ManagedProcess) => void = () => {}) {
    this.#onEnd = onEnd;
    this.#records = new Records(stateDir);
    this.#logs = path.join(stateDir, 'logs');
    process.on('exit', this.#onExit);
  }

  /** Starts a program. @throws where the program can't be run at all; what it does afterwards is the caller's to see. */
  async start(spec: ProcessSpec): Promise<ManagedProcess> {
    const started = await this.#launch(spec);
    started.exited.then(() => {
      if (!this.#disposed) this.#onEnd(started);
    });
    return started;
  }

  /** Runs a program to its end. @throws with what it wrote, where it fails */
  async run(spec: ProcessSpec): Promise<void> {
    const started = await this.#launch(spec);
    await started.exited;
    if (started.exitCode !== 0) throw new Error(`${spec.name} failed:\n${started.logTail()}`);
  }

  /** The process last started under this name. */
  get(name: string): ManagedProcess | undefined {
    return this.#processes.get(name);
  }

  /** Ends every process, and lets no other start. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await Promise.all([...this.#processes.values()].map((one) => one.end()));
    process.off('exit', this.#onExit);
  }

  async #launch(spec: ProcessSpec): Promise<ManagedProcess> {
    if (this.#disposed) throw new Error(`process '${spec.name}' is not started, because everything is being ended`);
    if (this.get(spec.name)?.running) throw new Error(`process '${spec.name}' runs already`);
    fs.mkdirSync(this.#logs, { recursive: true, mode: 0o700 });
    const logFile = path.join(this.#logs, `${spec.name.replace(/[^\w.-]+/g, '-')}.log`);
    // A log begins with its owner's run and goes on where the program is started again.
    const log = fs.openSync(logFile, this.#processes.has(spec.name) ? 'a' : 'w', 0o600);
    try {
      const child = spawn(spec.command, spec.args, {
        cwd: spec.cwd,
        env: spec.env ?? process.env,
        stdio: ['ignore', log, log],
        // Ctrl-C goes to every process of the terminal's group; these are to end in the order that their owner gives.
        detached: true,
        ...spec.user,
      });
      const failed = new Promise<never>((_, reject) => child.once('error', reject));
      if (child.pid === undefined) return await failed;
      failed.catch(() => {});
      const started = new ManagedProcess(spec, child, logFile, fs.fstatSync(log).size);
      this.#processes.set(spec.name, started);
      this.#records.add({ name: spec.name, pid: started.pid, stopSignal: spec.stopSignal ?? 'SIGTERM' });
      started.exited.then(() => this.#records.remove(started.pid));
      return started;
    } finally {
      fs.closeSync(log);
    }
  }
}

/**
 * Ends what an earlier run with the same state folder left behind, and resolves when it is gone. A process is only touched where
 * its start time is the recorded one (the system may have given its id to another since), and where whoever started it is gone.
 *
 * @returns the names of the processes that were ended
 * @throws where one of them can't be ended
 */
export async function endLeftovers(stateDir: string): Promise<string[]> {
  const records = new Records(stateDir);
  const left = records.leftovers();
  await Promise.all(
    left.map(async (record) => {
      const tree = processTree(record.pid);
      signalAll([record.pid], record.stopSignal);
      signalAll(tree, 'SIGCONT');
      if (!(await records.gone(record, STOP_LIMIT_MS))) signalAll(processTree(record.pid), 'SIGKILL');
      if (!(await records.gone(record, STOP_LIMIT_MS))) {
        throw new Error(`'${record.name}' of an earlier run (process ${record.pid}) can't be ended`);
      }
      records.remove(record.pid);
    }),
  );
  return left.map((record) => record.name);
}
