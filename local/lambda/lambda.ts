import * as fs from 'node:fs';
import * as path from 'node:path';
import { Records } from '../host/process-records';
import { AwsError, type FunctionTarget, type Operations, type Product, type ProductContext } from '../types';
import { AsynchronousInvocations } from './asynchronous-invocations';
import { Concurrency } from './concurrency';
import { ConnectionLog, type ConnectionRecord } from './connections';
import type { ProcessOptions } from './execution-environment';
import { FunctionLog } from './function-log';
import { type EnvironmentDescription, FunctionPool } from './function-pool';
import type { FunctionOptions, LambdaOptions } from './options';
import { RuntimeApi } from './runtime-api';
import { Starts } from './starts';
import { type GuardOptions, nodeArguments, variables } from './variables';

const DEFAULT_ACCOUNT_CONCURRENCY = 16;
const DEFAULT_IDLE_MILLISECONDS = 600_000;
/**
 * Linux's `tcp_syn_retries` of 6: the packets go out after 0, 1, 3, 7, 15, 31 and 63 s, and 64 s after the last one it gives up.
 */
const DEFAULT_CONNECT_TIMEOUT_MILLISECONDS = 127_000;
const BOOTSTRAP = path.join(__dirname, 'bootstrap.cjs');
const GUARD = path.join(__dirname, 'connection-guard.cjs');

/** A function in the registry, which can be given an event that nobody waits for, too. */
export interface AsynchronousFunctionTarget extends FunctionTarget {
  /**
   * Takes the event and retries it as Lambda does (`InvocationType: Event`). @returns the request id.
   * @throws {AwsError} `RequestTooLargeException` over 1 MiB.
   */
  invokeAsynchronously(event: unknown): string;
}

/** Lambda at run time. Functions are named by ARN, with or without a qualifier, or by name. */
export interface Lambda extends Product {
  readonly operations: Operations;
  /** The environments of one function, or of all. */
  environments(nameOrArn?: string): EnvironmentDescription[];
  /** Invocations since the start, by the function's ARN. */
  invocations(): ReadonlyMap<string, number>;
  /** Throttles every invocation of the function, as a reserved concurrency of 0 does. Invocations in progress go on. */
  stop(nameOrArn: string): void;
  /** Undoes {@link stop}. */
  resume(nameOrArn: string): void;
  /** Sends a signal to every process of the function. @returns how many there were. */
  kill(nameOrArn: string, signal?: NodeJS.Signals): number;
  /** Connections that functions made since the start, or tried to, where {@link LambdaOptions.connections} decides them. */
  connections(): ConnectionRecord[];
  /** Ends every idle environment of the function, so that the next invocation meets an empty memory. */
  retire(nameOrArn: string): Promise<void>;
  /** Runs the function's code from another folder, from the next invocation on. Invocations in progress go on. */
  replaceCode(nameOrArn: string, folder: string): Promise<void>;
}

/** A function of the template at run time. */
interface RunningFunction {
  /** With the code. */
  folder: string;
  readonly pool: FunctionPool;
  readonly asynchronous: AsynchronousInvocations;
  readonly log: FunctionLog;
}

/**
 * Runs the functions of the template as child processes behind the Lambda Runtime API, and puts them in the registry.
 * @throws {Error} where reservations exceed the account's concurrency.
 */
export function createLambda(options: LambdaOptions, context: ProductContext): Lambda {
  return new RunningLambda(options, context);
}

class RunningLambda implements Lambda {
  readonly operations: Operations = {
    lambda: {
      Invoke: invokeOperation((nameOrArn) => this.#find(nameOrArn)),
      ListFunctions: {
        input: { MaxItems: 'number', Marker: 'text' },
        action: 'lambda:ListFunctions',
        resources: () => [],
        handle: () => ({ Functions: this.#options.functions.map(configurationOf) }),
      },
    },
  };
  readonly #options: LambdaOptions;
  readonly #context: ProductContext;
  readonly #api: RuntimeApi;
  readonly #concurrency: Concurrency;
  readonly #starts: Starts;
  readonly #functions: ReadonlyMap<string, RunningFunction>;
  readonly #registered: string[] = [];
  /**
   * On disk, so that the next run can end what a crash leaves behind: a frozen process doesn't notice that its parent is gone.
   */
  readonly #records: Records;
  readonly #connections: ConnectionLog;
  readonly #killAll = () => {
    for (const { pool } of this.#functions.values()) pool.signal('SIGKILL');
  };

  constructor(options: LambdaOptions, context: ProductContext) {
    this.#options = options;
    this.#context = context;
    this.#api = new RuntimeApi((message) => context.log('lambda', message));
    this.#concurrency = new Concurrency(options.functions, options.accountConcurrency ?? DEFAULT_ACCOUNT_CONCURRENCY);
    this.#starts = new Starts(options.startsAtOnce);
    this.#records = new Records(context.environment.stateDir);
    this.#connections = new ConnectionLog(({ functionArn, target, missing }) => {
      const consequence = 'in AWS the connection hangs until it times out';
      context.log('lambda', `${functionArn} can't connect to ${target}: ${missing}; ${consequence}`);
    });
    this.#functions = new Map(options.functions.map((each) => [each.arn, this.#createFunction(each)]));
  }

  async start(): Promise<void> {
    await this.#api.start();
    process.on('exit', this.#killAll);
    for (const each of this.#options.functions) writeInlineCode(each);
    for (const running of this.#functions.values()) {
      running.log.open();
      this.#register(running);
    }
  }

  async dispose(): Promise<void> {
    for (const name of this.#registered.splice(0)) this.#context.registry.functions.delete(name);
    this.#starts.dispose();
    for (const { asynchronous } of this.#functions.values()) asynchronous.dispose();
    await Promise.all([...this.#functions.values()].map(({ pool }) => pool.dispose()));
    await this.#api.stop();
    for (const { log } of this.#functions.values()) log.close();
    process.off('exit', this.#killAll);
  }

  environments(nameOrArn?: string): EnvironmentDescription[] {
    const asked = nameOrArn === undefined ? [...this.#functions.values()] : [this.#find(nameOrArn)];
    return asked.flatMap(({ pool }) => pool.describe());
  }

  invocations(): ReadonlyMap<string, number> {
    return new Map([...this.#functions.values()].map(({ pool }) => [pool.arn, pool.invocations]));
  }

  stop(nameOrArn: string): void {
    this.#find(nameOrArn).pool.stopped = true;
  }

  resume(nameOrArn: string): void {
    this.#find(nameOrArn).pool.stopped = false;
  }

  kill(nameOrArn: string, signal: NodeJS.Signals = 'SIGKILL'): number {
    return this.#find(nameOrArn).pool.signal(signal);
  }

  connections(): ConnectionRecord[] {
    return this.#connections.all();
  }

  retire(nameOrArn: string): Promise<void> {
    return this.#find(nameOrArn).pool.retire();
  }

  replaceCode(nameOrArn: string, folder: string): Promise<void> {
    const running = this.#find(nameOrArn);
    running.folder = folder;
    return running.pool.renew();
  }

  #createFunction(each: FunctionOptions): RunningFunction {
    const log = new FunctionLog(path.join(this.#context.environment.stateDir, 'logs'), each.name);
    const pool = new FunctionPool(each, {
      clock: this.#context.clock,
      concurrency: this.#concurrency,
      starts: this.#starts,
      idleMilliseconds: this.#options.idleMilliseconds ?? DEFAULT_IDLE_MILLISECONDS,
      processOptions: (id) => this.#processOptions({ ...each, folder: running.folder }, id, log),
      attach: (id, listener) => this.#api.attach(id, listener),
      detach: (id) => this.#api.detach(id),
      observe: this.#context.observe,
      log: (line) => log.write(line),
      started: (pid) => {
        try {
          this.#records.add({ name: `lambda:${each.name}`, pid, stopSignal: 'SIGKILL' });
        } catch (error) {
          // Without a record, only a crash of the platform would leave the process behind.
          this.#context.log('lambda', `process ${pid} of ${each.name} isn't recorded: ${(error as Error).message}`);
        }
        return () => this.#records.remove(pid);
      },
    });
    const attempt = (payload: string, requestId: string) => pool.invokeText(payload, each.arn, requestId);
    const asynchronous = new AsynchronousInvocations(each, attempt, this.#context);
    const running: RunningFunction = { folder: each.folder, pool, asynchronous, log };
    return running;
  }

  #processOptions(each: FunctionOptions, id: string, log: FunctionLog): ProcessOptions {
    const { environment, clock, registry, keys } = this.#context;
    const connections = this.#guardOptions(each.arn);
    const date = new Date(clock.now()).toISOString().slice(0, 10).replaceAll('-', '/');
    return {
      command: process.execPath,
      arguments: nodeArguments(each, BOOTSTRAP, connections && GUARD),
      folder: each.folder,
      variables: variables(each, {
        environment,
        runtimeApi: this.#api.address(id),
        credentials: keys.of(each.arn),
        logStreamName: `${date}/[$LATEST]${id}`,
        path: process.env.PATH ?? '',
        // Servers that came after the function was made count too.
        hosts: registry.origins,
        connections,
      }),
      ...(connections && { onReport: (lines: string) => this.#connections.add(each.arn, lines) }),
      output: log.output,
      timeoutSeconds: each.timeoutSeconds,
      freeze: (this.#options.freeze ?? true) && process.platform !== 'win32',
    };
  }

  /** Rules for the guard of a function's connections; undefined where these aren't decided. */
  #guardOptions(arn: string): GuardOptions | undefined {
    const rules = this.#options.connections?.get(arn);
    if (!rules) return undefined;
    return {
      ...rules,
      open: [this.#api.port, Number(new URL(this.#context.environment.endpointUrl).port)],
      timeoutMilliseconds: this.#options.connectTimeoutMilliseconds ?? DEFAULT_CONNECT_TIMEOUT_MILLISECONDS,
    };
  }

  #find(nameOrArn: string): RunningFunction {
    const parts = nameOrArn.split(':');
    const name = parts.length > 2 ? parts[6] : parts[0];
    for (const running of this.#functions.values()) if (running.pool.options.name === name) return running;
    throw new AwsError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, 404);
  }

  #register({ pool, asynchronous }: RunningFunction): void {
    const { arn, qualifiers } = pool.options;
    for (const name of [arn, ...qualifiers.map((qualifier) => `${arn}:${qualifier}`)]) {
      const target: AsynchronousFunctionTarget = {
        arn: name,
        invoke: (event) => pool.invokeText(JSON.stringify(event ?? {}), name),
        invokeAsynchronously: (event) => asynchronous.accept(JSON.stringify(event ?? {})),
      };
      this.#context.registry.functions.set(name, target);
      this.#registered.push(name);
    }
  }
}

/** A function without its environment, which may hold what isn't everybody's to see. */
function configurationOf({ name, arn, handler, runtime, timeoutSeconds, memoryMegabytes }: FunctionOptions) {
  return {
    FunctionName: name,
    FunctionArn: arn,
    Handler: handler,
    Runtime: runtime,
    Timeout: timeoutSeconds,
    MemorySize: memoryMegabytes,
  };
}

interface InvokeInput {
  readonly FunctionName: string;
  readonly InvocationType?: 'Event' | 'RequestResponse' | 'DryRun';
  readonly Qualifier?: string;
  readonly Payload?: string | Uint8Array;
}

/** `Invoke`, as the AWS endpoint answers it. */
function invokeOperation(find: (nameOrArn: string) => RunningFunction) {
  return {
    input: { FunctionName: 'text', InvocationType: 'text', Qualifier: 'text', Payload: 'bytes' } as const,
    required: ['FunctionName'],
    action: 'lambda:InvokeFunction',
    resources: (input: InvokeInput) => {
      const { arn } = find(input.FunctionName).pool;
      return [input.Qualifier ? `${arn}:${input.Qualifier}` : arn];
    },
    async handle(input: InvokeInput) {
      const { pool, asynchronous } = find(input.FunctionName);
      const payload = input.Payload === undefined ? '{}' : Buffer.from(input.Payload as string).toString();
      try {
        JSON.parse(payload || '{}');
      } catch {
        throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json', 400);
      }
      if (input.InvocationType === 'DryRun') return { StatusCode: 204 };
      if (input.InvocationType === 'Event') {
        asynchronous.accept(payload || '{}');
        return { StatusCode: 202 };
      }
      const invokedArn = input.Qualifier ? `${pool.arn}:${input.Qualifier}` : pool.arn;
      const { payload: answer, functionError } = await pool.invokeText(payload || '{}', invokedArn);
      return {
        StatusCode: 200,
        ExecutedVersion: '$LATEST',
        Payload: answer,
        ...(functionError && { FunctionError: functionError }),
      };
    },
  };
}

/**
 * Puts code of the template where the function looks for it: a file named index.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
 */
function writeInlineCode({ folder, inlineCode }: FunctionOptions): void {
  if (inlineCode === undefined) return;
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  fs.writeFileSync(path.join(folder, 'index.js'), inlineCode, { mode: 0o600 });
  // As in Lambda's own archive, whatever the package around the state folder says.
  fs.writeFileSync(path.join(folder, 'package.json'), '{"type":"commonjs"}\n');
}
