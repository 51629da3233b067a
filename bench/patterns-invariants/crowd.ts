import { type ChildProcess, fork } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { buildSync } from 'esbuild';
import type { Testbed } from '../consistency/testbed';
import { BUNDLE } from '../support/roles';
import type { ParticipantOptions, Progress, ToParticipant } from './roles/participant';

/** Options that all processes share. */
export type CrowdOptions = Pick<ParticipantOptions, 'games' | 'without' | 'namespace'> & {
  readonly seed: number;
  readonly processes: number;
};

interface Member {
  readonly child: ChildProcess;
  readonly exited: Promise<void>;
  progress: Progress;
}

/** Clocks of the processes are off by so much, in milliseconds, in turn. */
const SKEWS_MS = [0, 2000, -2000, 700];
const END_LIMIT_MS = 20_000;
/** Time for noting how everything stands: what is queued must have reached the database by then. */
const FINISH_LIMIT_MS = 120_000;
const NOTHING: Progress = { operations: {}, failures: 0 };

/** Processes of a run. One that is killed is replaced at once. */
export class Crowd {
  readonly journals: string[] = [];
  #members: Member[] = [];
  #started = 0;
  #ending = false;
  #gone: Progress = NOTHING;
  readonly #program: string;
  readonly #testbed: Testbed;
  readonly #options: CrowdOptions;

  constructor(testbed: Testbed, options: CrowdOptions) {
    this.#testbed = testbed;
    this.#options = options;
    this.#program = path.join(testbed.folder, 'participant.js');
    buildSync({ entryPoints: [path.join(__dirname, 'roles/participant.ts')], outfile: this.#program, ...BUNDLE });
    for (let n = 0; n < options.processes; n++) this.#start();
  }

  progress(): Progress {
    return this.#members.map(({ progress }) => progress).reduce(sum, this.#gone);
  }

  /** Sends a signal to one of the processes. */
  signal(number: number, signal: NodeJS.Signals): ChildProcess | undefined {
    const child = this.#members[number % Math.max(1, this.#members.length)]?.child;
    child?.kill(signal);
    return child;
  }

  /**
   * Ends every process when its work in hand is done; the first one notes how everything stands.
   *
   * @throws {Error} where it couldn't: nothing is known then, and what is still queued would be taken for lost.
   */
  async end(): Promise<void> {
    this.#ending = true;
    const [first, ...rest] = this.#members;
    for (const { child } of this.#members) child.kill('SIGCONT');
    await Promise.all(rest.map((member) => ended(member, { kind: 'end' })));
    if (first && !(await ended(first, { kind: 'finish' }, FINISH_LIMIT_MS))) {
      throw new Error(`nobody noted in ${FINISH_LIMIT_MS / 1000} s how everything stands: the machine is too busy for this run`);
    }
  }

  #start(): void {
    const number = this.#started++;
    const { namespace, seed, processes: _, ...options } = this.#options;
    const journal = path.join(this.#testbed.folder, `${namespace}-${number}.journal`);
    this.journals.push(journal);
    const log = fs.openSync(`${journal}.log`, 'w');
    const child = fork(this.#program, { stdio: ['ignore', log, log, 'ipc'], execArgv: [] });
    fs.closeSync(log);
    const member: Member = {
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
      if (!this.#ending) this.#start();
    });
    this.#members.push(member);
    const { writer } = this.#testbed.addresses();
    tell(child, {
      kind: 'begin',
      options: {
        ...options,
        namespace,
        seed: (Math.imul(seed, 1_000_003) + number) | 0,
        process: `p${number}`,
        journal,
        endpoint: this.#testbed.endpoint(),
        credentials: this.#testbed.credentials,
        database: { ...this.#testbed.database, ...writer },
        skewMs: SKEWS_MS[number % SKEWS_MS.length] as number,
      },
    });
  }
}

/** @returns false where it didn't end by itself. */
async function ended({ child, exited }: Member, message: ToParticipant, limitMs = END_LIMIT_MS): Promise<boolean> {
  tell(child, message);
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  await exited;
  clearTimeout(timer);
  return child.exitCode === 0;
}

/** A process that has just been killed can't be told anything. */
function tell(child: ChildProcess, message: ToParticipant): void {
  if (child.connected) child.send(message, () => {});
}

function sum(a: Progress, b: Progress): Progress {
  const names = new Set([...Object.keys(a.operations), ...Object.keys(b.operations)]);
  return {
    operations: Object.fromEntries([...names].map((name) => [name, (a.operations[name] ?? 0) + (b.operations[name] ?? 0)])),
    failures: a.failures + b.failures,
  };
}
