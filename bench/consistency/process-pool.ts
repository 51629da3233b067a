import { type ChildProcess, fork } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { buildSync } from 'esbuild';
import { BUNDLE } from '../support/roles';
import type { ParticipantOptions, Progress, ToParticipant } from './participant';
import type { Testbed } from './testbed';

/** Options that all processes of a run share. */
export type ProcessPoolOptions = Omit<
  ParticipantOptions,
  'role' | 'seed' | 'journal' | 'endpoint' | 'addresses' | 'pauseMs' | 'concurrency'
> & {
  readonly concurrency: Readonly<Record<ParticipantOptions['role'], number>>;
};

/** Bundles the program of the processes: one that is killed is replaced at once, and must cost little to start. */
export function bundle(folder: string): string {
  const outfile = path.join(folder, 'participant.js');
  buildSync({ entryPoints: [path.join(__dirname, 'participant.ts')], outfile, ...BUNDLE });
  return outfile;
}

/** Process of the pool. */
interface Member {
  readonly role: 'reader' | 'writer';
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  progress: Progress;
}

/** Pauses of a writer, in milliseconds. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 4000;

const NOTHING: Progress = { reads: 0, purges: 0, errors: 0, rejects: 0, loads: { primary: 0, replica: 0 } };

/** The reader and writer processes of a run. One that is killed is replaced at once. */
export class ProcessPool {
  #members: Member[] = [];
  #started = 0;
  #ending = false;
  /** Sum of the last reports of processes that have ended. */
  #gone: Progress = NOTHING;
  readonly #pauses: Record<Member['role'], number> = { reader: 0, writer: FIRST_PAUSE_MS };
  readonly journals: Record<Member['role'], string[]> = { reader: [], writer: [] };

  constructor(
    private readonly program: string,
    private readonly folder: string,
    private readonly seed: number,
    private readonly options: ProcessPoolOptions,
    private readonly testbed: Pick<Testbed, 'endpoint' | 'addresses'>,
  ) {}

  start(role: Member['role']): void {
    const number = this.#started++;
    const journal = path.join(this.folder, `${this.options.namespace}-${role}-${number}`);
    this.journals[role].push(journal);
    // What clients say of lost connections, of which a run is full.
    const log = fs.openSync(`${journal}.log`, 'w');
    const child = fork(this.program, { stdio: ['ignore', log, log, 'ipc'], execArgv: [] });
    fs.closeSync(log);
    const member: Member = {
      role,
      child,
      exited: new Promise((resolve) => child.once('exit', () => resolve())),
      progress: NOTHING,
    };
    child.on('message', (progress: Progress) => {
      member.progress = progress;
    });
    child.on('error', () => {});
    member.exited.then(() => {
      this.#members = this.#members.filter((other) => other !== member);
      this.#gone = sum(this.#gone, member.progress);
      if (!this.#ending) this.start(role);
    });
    const seed = (Math.imul(this.seed, 1_000_003) + number) | 0;
    tell(child, {
      kind: 'begin',
      options: {
        ...this.options,
        role,
        seed,
        journal,
        endpoint: this.testbed.endpoint(),
        addresses: this.testbed.addresses(),
        pauseMs: this.#pauses[role],
        concurrency: this.options.concurrency[role],
      },
    });
    this.#members.push(member);
  }

  /** Sum of all journals on disk, and of all counters. */
  progress(): Progress {
    return this.#members.map((member) => member.progress).reduce(sum, this.#gone);
  }

  /** Tells every process where the servers are now. */
  move(): void {
    for (const { child } of this.#members) tell(child, { kind: 'addresses', addresses: this.testbed.addresses() });
  }

  /**
   * Has the writers go faster or slower, so that there are so many reads for each of their purges, however fast the machine is.
   */
  balance(readsPerPurge: number): void {
    const { reads, purges } = this.progress();
    const faster = purges * readsPerPurge < reads;
    this.#pauses.writer = Math.min(LONGEST_PAUSE_MS, Math.max(1, this.#pauses.writer * (faster ? 0.8 : 1.25)));
    for (const { child, role } of this.#members) {
      if (role === 'writer') tell(child, { kind: 'pace', pauseMs: this.#pauses.writer });
    }
  }

  /** Sends a signal to the process with this number, of those of the role that run. */
  signal(role: Member['role'], number: number, signal: NodeJS.Signals): ChildProcess | undefined {
    const members = this.#members.filter((member) => member.role === role);
    const child = members[number % Math.max(1, members.length)]?.child;
    child?.kill(signal);
    return child;
  }

  /** Ends every process when its work in hand is done, or kills it if that takes too long. */
  async end(): Promise<void> {
    this.#ending = true;
    await Promise.all(
      this.#members.map(async ({ child, exited }) => {
        child.kill('SIGCONT');
        tell(child, { kind: 'end' });
        const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
        await exited;
        clearTimeout(timer);
      }),
    );
  }
}

/** A process that has just been killed can't be told anything. */
function tell(child: ChildProcess, message: ToParticipant): void {
  if (child.connected) child.send(message, () => {});
}

function sum(a: Progress, b: Progress): Progress {
  return {
    reads: a.reads + b.reads,
    purges: a.purges + b.purges,
    errors: a.errors + b.errors,
    rejects: a.rejects + b.rejects,
    loads: { primary: a.loads.primary + b.loads.primary, replica: a.loads.replica + b.loads.replica },
  };
}
