import { randomUUID } from 'node:crypto';
import type { Observe } from '../observations';
import { AwsError, type Clock, type FunctionTarget, type InvokeResult } from '../types';
import type { Concurrency } from './concurrency';
import { rateExceeded } from './concurrency';
import { EnvironmentLost, type EnvironmentState, ExecutionEnvironment, type ProcessOptions } from './execution-environment';
import type { FunctionOptions } from './options';
import { MAX_REQUEST_BYTES } from './outcome';
import type { RuntimeListener } from './runtime-api';

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

/** The environments of one function. The one that was used last is used next, so that those that aren't needed grow idle. */
export class FunctionPool implements FunctionTarget {
  readonly #services: PoolServices;
  readonly arn: string;
  /** While set, every invocation is throttled, as with a reserved concurrency of 0. */
  stopped = false;
  /** Invocations that were given to an environment since the start. */
  invocations = 0;
  readonly #environments = new Set<ExecutionEnvironment>();
  readonly #idle: ExecutionEnvironment[] = [];
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
        const environment = this.#take();
        try {
          return await this.#run(environment, payload, invokedArn, requestId);
        } catch (error) {
          if (!(error instanceof EnvironmentLost)) throw error;
        }
      }
    } finally {
      release();
    }
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
  }

  async #run(environment: ExecutionEnvironment, payload: string, invokedFunctionArn: string, requestId: string) {
    const { clock, observe } = this.#services;
    const [start, began] = [clock.now(), performance.now()];
    this.invocations++;
    const result = await environment.invoke({ requestId, invokedFunctionArn, payload });
    const [ms, cold, failed] = [performance.now() - began, environment.invocations === 1, result.functionError !== undefined];
    observe?.({ kind: 'invocation', requestId, at: start, ms, functionArn: this.arn, pid: environment.pid, cold, failed });
    const status = result.functionError ? '\tStatus: error' : '';
    this.#services.log(`REPORT RequestId: ${requestId}\tDuration: ${clock.now() - start} ms${status}`);
    if (environment.state === 'idle') {
      if (this.#outdated.has(environment)) void this.#end(environment);
      else this.#park(environment);
    }
    return { ...result, requestId };
  }

  #take(): ExecutionEnvironment {
    for (let environment = this.#idle.pop(); environment; environment = this.#idle.pop()) {
      this.#unpark(environment);
      if (environment.state === 'idle') return environment;
    }
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
