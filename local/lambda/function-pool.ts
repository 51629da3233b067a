import { randomUUID } from 'node:crypto';
import type { Observe } from '../observations';
import { AwsError, type Clock, type FunctionTarget, type InvokeResult } from '../types';
import type { Concurrency } from './concurrency';
import { rateExceeded } from './concurrency';
import { EnvironmentLost, type EnvironmentState, ExecutionEnvironment, type ProcessOptions } from './execution-environment';
import type { FunctionOptions } from './options';
import { MAX_REQUEST_BYTES } from './outcome';
import type { RuntimeListener } from './runtime-api';
import type { Starting, Starts } from './starts';

/** One environment, for people and tests. */
export interface EnvironmentDescription {
  readonly pid: number | undefined;
  readonly functionArn: string;
  readonly state: EnvironmentState;
  /** Invocations that it was given so far. */
  readonly invocations: number;
}

/** Dependencies of a {@link FunctionPool}. */
export interface PoolServices {
  readonly clock: Clock;
  readonly concurrency: Concurrency;
  readonly starts: Starts;
  readonly idleMilliseconds: number;
  /** Start options of a new environment's process; `id` names it towards the Runtime API. */
  processOptions(id: string): ProcessOptions;
  attach(id: string, listener: RuntimeListener): void;
  detach(id: string): void;
  /** Adds a line to the function's log, where its own lines go. */
  log(line: string): void;
  /** A process was started; what it returns is called when the process has ended. */
  started(pid: number): () => void;
  readonly observe?: Observe;
}

/**
 * How long an invocation waits for an environment that becomes free before another one is started, in milliseconds: about what a
 * start takes, so that a burst starts none.
 */
const PATIENCE_MS = 250;
/** Time in which none became free, in milliseconds, after which nobody waits for that: they hang, or take long. */
const FREED_MS = 1000;

/** Takes the environment that it waits for, or learns that none will come. */
interface Waiter {
  /** Time of its call, by `performance.now()`. */
  readonly since: number;
  readonly take: (environment: ExecutionEnvironment) => void;
  readonly giveUp: (error: unknown) => void;
}

/**
 * The environments of one function. The one that was used last is used next, so that those that aren't needed grow idle. An
 * invocation that finds none has one started, and takes another that is free before, as Lambda may ("If a pre-initialized
 * execution environment becomes available while Lambda is initializing a new execution environment to process an invocation,
 * Lambda can use the pre-initialized execution environment").
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 */
export class FunctionPool implements FunctionTarget, Starting {
  readonly #services: PoolServices;
  readonly arn: string;
  /** While set, every invocation is throttled, as with a reserved concurrency of 0. */
  stopped = false;
  /** Invocations that were given to an environment since the start. */
  invocations = 0;
  readonly #environments = new Set<ExecutionEnvironment>();
  readonly #idle: ExecutionEnvironment[] = [];
  /** Invocations that found no environment, the oldest first. */
  readonly #waiting: Waiter[] = [];
  #starting = 0;
  /** Time at which an environment last became free. */
  #freedAt = Number.NEGATIVE_INFINITY;
  #startedAt = Number.NEGATIVE_INFINITY;
  readonly #cancelIdle = new Map<ExecutionEnvironment, () => void>();
  /** Those that end after the invocation that they are at. */
  readonly #outdated = new WeakSet<ExecutionEnvironment>();

  constructor(
    readonly options: FunctionOptions,
    services: PoolServices,
  ) {
    this.#services = services;
    this.arn = options.arn;
  }

  invoke(event: unknown): Promise<InvokeResult> {
    return this.invokeText(JSON.stringify(event ?? {}), this.arn);
  }

  /**
   * @param payload the event as JSON text.
   * @param invokedArn the ARN as the caller wrote it, with or without a qualifier.
   */
  async invokeText(payload: string, invokedArn: string, requestId: string = randomUUID()): Promise<InvokeResult> {
    const bytes = Buffer.byteLength(payload);
    if (bytes > MAX_REQUEST_BYTES) {
      throw new AwsError(
        'RequestTooLargeException',
        `${bytes} byte payload is too large for the RequestResponse invocation type (limit ${MAX_REQUEST_BYTES} bytes)`,
        413,
      );
    }
    const release = this.#services.concurrency.acquire(this.arn);
    try {
      for (;;) {
        if (this.stopped) throw rateExceeded();
        try {
          return await this.#run(payload, invokedArn, requestId);
        } catch (error) {
          if (!(error instanceof EnvironmentLost)) throw error;
        }
      }
    } finally {
      release();
    }
  }

  get isWaiting(): boolean {
    return this.#waiting.length > this.#starting;
  }

  wantsStart(): boolean {
    const waiter = this.#waiting[this.#starting];
    return !!waiter && (this.isUrgent() || performance.now() - waiter.since > PATIENCE_MS);
  }

  isUrgent(): boolean {
    const now = performance.now();
    if (now - this.#freedAt > FREED_MS) return true;
    // They may wait for something else than a processor; the more of them there are, the less another one helps.
    const isLong = now - (this.#waiting[0]?.since ?? now) > FREED_MS;
    return isLong && now - this.#startedAt > this.#environments.size * PATIENCE_MS;
  }

  async start(): Promise<void> {
    let environment: ExecutionEnvironment;
    try {
      environment = this.#newEnvironment();
    } catch (error) {
      this.#waiting.shift()?.giveUp(error);
      return;
    }
    this.#starting += 1;
    this.#startedAt = performance.now();
    await environment.ready;
    this.#starting -= 1;
    if (environment.state === 'idle') this.#give(environment);
    // It failed to initialise, and has that to say to who waited for it.
    else this.#waiting.shift()?.take(environment);
    if (this.isWaiting) this.#services.starts.request(this);
  }

  describe(): EnvironmentDescription[] {
    return [...this.#environments].map(({ pid, state, invocations }) => ({ pid, functionArn: this.arn, state, invocations }));
  }

  /** Sends a signal to every process. @returns how many there are. */
  signal(signal: NodeJS.Signals): number {
    for (const environment of this.#environments) environment.signal(signal);
    return this.#environments.size;
  }

  /** Ends every environment without an invocation. */
  async retire(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((environment) => this.#end(environment)));
  }

  /** {@link retire}, and no invocation that comes later meets an environment of today. */
  async renew(): Promise<void> {
    for (const environment of this.#environments) this.#outdated.add(environment);
    await this.retire();
  }

  /** Ends every environment. */
  async dispose(): Promise<void> {
    this.stopped = true;
    this.#idle.length = 0;
    await Promise.all([...this.#environments].map((environment) => this.#end(environment)));
    for (const { giveUp } of this.#waiting.splice(0)) giveUp(rateExceeded());
  }

  async #run(payload: string, invokedFunctionArn: string, requestId: string) {
    const { clock, observe } = this.#services;
    const [at, began] = [clock.now(), performance.now()];
    const environment = await this.#environment();
    const start = clock.now();
    this.invocations++;
    const result = await environment.invoke({ requestId, invokedFunctionArn, payload });
    const [ms, cold, failed] = [performance.now() - began, environment.invocations === 1, result.functionError !== undefined];
    observe?.({ kind: 'invocation', requestId, at, ms, functionArn: this.arn, pid: environment.pid, cold, failed });
    const status = result.functionError ? '\tStatus: error' : '';
    this.#services.log(`REPORT RequestId: ${requestId}\tDuration: ${clock.now() - start} ms${status}`);
    this.#freedAt = performance.now();
    if (environment.state === 'idle') this.#give(environment);
    return { ...result, requestId };
  }

  async #environment(): Promise<ExecutionEnvironment> {
    for (let environment = this.#idle.pop(); environment; environment = this.#idle.pop()) {
      this.#unpark(environment);
      if (environment.state === 'idle') return environment;
    }
    return new Promise((take, giveUp) => {
      this.#waiting.push({ since: performance.now(), take, giveUp });
      this.#services.starts.request(this);
    });
  }

  /** Gives an environment that is free to who waits longest; one of code that was replaced meanwhile serves nobody any more. */
  #give(environment: ExecutionEnvironment): void {
    const waiter = this.#outdated.has(environment) ? undefined : this.#waiting.shift();
    if (this.#outdated.has(environment)) void this.#end(environment);
    else if (waiter) waiter.take(environment);
    else this.#park(environment);
  }

  #newEnvironment(): ExecutionEnvironment {
    const id = randomUUID();
    let recorded = (): void => {};
    const environment = new ExecutionEnvironment(this.#services.processOptions(id), this.#services.clock, (ended) => {
      this.#services.detach(id);
      this.#environments.delete(ended);
      this.#unpark(ended);
      recorded();
    });
    if (environment.pid !== undefined) recorded = this.#services.started(environment.pid);
    this.#services.attach(id, environment);
    this.#environments.add(environment);
    return environment;
  }

  #park(environment: ExecutionEnvironment): void {
    this.#idle.push(environment);
    this.#cancelIdle.set(
      environment,
      this.#services.clock.schedule(this.#services.idleMilliseconds, () => void this.#end(environment)),
    );
  }

  #unpark(environment: ExecutionEnvironment): void {
    this.#cancelIdle.get(environment)?.();
    this.#cancelIdle.delete(environment);
  }

  async #end(environment: ExecutionEnvironment): Promise<void> {
    this.#unpark(environment);
    const index = this.#idle.indexOf(environment);
    if (index >= 0) this.#idle.splice(index, 1);
    await environment.end();
  }
}
