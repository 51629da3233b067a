import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Clock, InvokeResult } from '../types';
import { answered, exited, threw, timedOut, tooLarge } from './outcome';
import type { Deliver, RuntimeListener } from './runtime-api';

/** Time for a function to initialise, in milliseconds, before the function's own timeout begins to count. */
const INIT_LIMIT_MILLISECONDS = 10_000;

/** An invocation, as an environment runs it. */
export interface Invocation {
  readonly requestId: string;
  readonly invokedFunctionArn: string;
  /** JSON text. */
  readonly payload: string;
}

/** Start options of an environment's process. */
export interface ProcessOptions {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
  /** File descriptor that takes stdout and stderr. */
  readonly output: number;
  /** Takes lines that the process writes to its file descriptor 3, whole ones. */
  onReport?(lines: string): void;
  readonly timeoutSeconds: number;
  readonly freeze: boolean;
}

/** The environment ended between two invocations, before it took the one that it was given. */
export class EnvironmentLost extends Error {
  override readonly name = 'EnvironmentLost';
}

export type EnvironmentState = 'starting' | 'idle' | 'busy' | 'ended';

interface Running {
  readonly invocation: Invocation;
  readonly settle: (result: InvokeResult) => void;
  readonly lose: (error: EnvironmentLost) => void;
  readonly cancelTimeout: () => void;
  delivered: boolean;
}

/** Outcome of an initialisation that failed, for the invocation that waited for it. */
type InitFailure = (requestId: string) => InvokeResult;

/**
 * One execution environment: a process that initialises once and serves one invocation at a time. Between invocations it is
 * frozen, from the moment it asks for the next one.
 */
export class ExecutionEnvironment implements RuntimeListener {
  readonly #options: ProcessOptions;
  readonly #clock: Clock;
  /** Invocations that it was given so far. */
  invocations = 0;
  readonly #child: ChildProcess;
  #running: Running | undefined;
  #deliver: Deliver | undefined;
  #initialised = false;
  #frozen = false;
  #ending = false;
  #dead = false;
  readonly #exit: Promise<void>;
  #initFailure: InitFailure | undefined;
  readonly #cancelInitLimit: () => void;
  #initOver = (): void => {};
  /** Ends when it is initialised, or has failed to: then its next invocation gets that outcome. */
  readonly ready: Promise<void>;

  constructor(
    options: ProcessOptions,
    clock: Clock,
    /** Called once, when the process has ended. */
    onEnd: (environment: ExecutionEnvironment) => void,
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#child = spawn(options.command, options.arguments, {
      cwd: options.folder,
      env: { ...options.variables },
      stdio: ['ignore', options.output, options.output, options.onReport ? 'pipe' : 'ignore'],
      // Ctrl-C goes to every process of the terminal's group; these end when their owner says so.
      detached: true,
    });
    this.#readReports();
    this.ready = new Promise((resolve) => {
      this.#initOver = resolve;
    });
    this.#cancelInitLimit = clock.schedule(this.#timeoutMilliseconds + INIT_LIMIT_MILLISECONDS, () => {
      this.#failInit((requestId) => timedOut(clock.now(), requestId, options.timeoutSeconds));
      void this.end();
    });
    this.#exit = new Promise((resolve) => {
      const ended = (code: number | null, signal: string | null) => {
        if (this.#dead) return;
        this.#dead = true;
        this.#onExit(code, signal);
        onEnd(this);
        resolve();
      };
      this.#child.once('exit', ended);
      this.#child.once('error', () => ended(null, null));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get state(): EnvironmentState {
    if (this.#dead || this.#ending) return 'ended';
    if (!this.#initialised) return 'starting';
    return this.#running ? 'busy' : 'idle';
  }

  /**
   * Runs one invocation; the caller waits for {@link ready}, and sees to it that none is in progress.
   * @throws {EnvironmentLost} where another environment should run it.
   */
  invoke(invocation: Invocation): Promise<InvokeResult> {
    if (!this.#initFailure && (this.#dead || this.#ending)) return Promise.reject(new EnvironmentLost());
    this.invocations += 1;
    if (this.#initFailure) return Promise.resolve(this.#initFailure(invocation.requestId));
    return new Promise((resolve, reject) => {
      this.#running = {
        invocation,
        settle: resolve,
        lose: reject,
        cancelTimeout: this.#clock.schedule(this.#timeoutMilliseconds, () => this.#timeOut()),
        delivered: false,
      };
      this.#deliverIfReady();
    });
  }

  /** Ends the process and waits until it is gone. Lambda gives a function no notice either. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#ending = true;
    this.signal(signal);
    await this.#exit;
  }

  /** Sends a signal, also to a frozen process. */
  signal(signal: NodeJS.Signals): void {
    if (this.#dead) return;
    this.#child.kill(signal);
    if (signal !== 'SIGKILL') this.#thaw();
  }

  next(deliver: Deliver): void {
    this.#initialised = true;
    this.#cancelInitLimit();
    this.#initOver();
    this.#deliver = deliver;
    if (this.#running && !this.#running.delivered) this.#deliverIfReady();
    else if (this.#options.freeze && !this.#dead) {
      this.#frozen = true;
      this.#child.kill('SIGSTOP');
    }
  }

  response(requestId: string, payload: string | undefined): void {
    this.#settle(requestId, payload === undefined ? tooLarge() : answered(payload));
  }

  error(requestId: string, payload: string): void {
    this.#settle(requestId, threw(payload));
  }

  initError(payload: string): void {
    this.#failInit(() => threw(payload));
  }

  #readReports(): void {
    const stream = this.#child.stdio[3] as Readable | null | undefined;
    let rest = '';
    stream?.setEncoding('utf8').on('data', (text: string) => {
      const end = (rest + text).lastIndexOf('\n') + 1;
      const lines = (rest + text).slice(0, end);
      rest = (rest + text).slice(end);
      if (lines) this.#options.onReport?.(lines);
    });
    // A process that is killed takes its end along.
    stream?.on('error', () => undefined);
  }

  get #timeoutMilliseconds(): number {
    return this.#options.timeoutSeconds * 1000;
  }

  #deliverIfReady(): void {
    const running = this.#running;
    const deliver = this.#deliver;
    if (!running || !deliver) return;
    this.#deliver = undefined;
    running.delivered = true;
    this.#thaw();
    const { requestId, invokedFunctionArn, payload } = running.invocation;
    deliver({ requestId, invokedFunctionArn, payload, deadline: this.#clock.now() + this.#timeoutMilliseconds });
  }

  #thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    this.#child.kill('SIGCONT');
  }

  #failInit(failure: InitFailure): void {
    if (this.#initialised) return;
    this.#initFailure ??= failure;
    this.#cancelInitLimit();
    this.#initOver();
  }

  /** An answer to an invocation that has ended already is dropped. */
  #settle(requestId: string, result: InvokeResult): void {
    const running = this.#running;
    if (running?.invocation.requestId !== requestId) return;
    this.#running = undefined;
    running.cancelTimeout();
    running.settle(result);
  }

  #timeOut(): void {
    const running = this.#running;
    if (!running) return;
    this.#ending = true;
    this.#child.kill('SIGKILL');
    this.#settle(
      running.invocation.requestId,
      timedOut(this.#clock.now(), running.invocation.requestId, this.#options.timeoutSeconds),
    );
  }

  #onExit(code: number | null, signal: string | null): void {
    this.#failInit((requestId) => exited(requestId, code, signal));
    const running = this.#running;
    if (!running) return;
    // Died after an answer and before it asked for more: on AWS the next invocation would have met another environment.
    if (!running.delivered) {
      this.#running = undefined;
      running.cancelTimeout();
      running.lose(new EnvironmentLost());
    } else {
      this.#settle(running.invocation.requestId, exited(running.invocation.requestId, code, signal));
    }
  }
}
