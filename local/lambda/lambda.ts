import * as path from 'node:path';
import { Records } from '../host/process-records';
import { accessKeyId } from '../identity';
import { AwsError, type FunctionTarget, type Operations, type Product, type ProductContext } from '../types';
import { AsynchronousInvocations } from './asynchronous-invocations';
import { Concurrency } from './concurrency';
import { ConnectionLog, type ConnectionRecord } from './connections';
import { FunctionLog } from './function-log';
import { type EnvironmentDescription, FunctionPool } from './function-pool';
import type { FunctionOptions, LambdaOptions } from './options';
import { RuntimeApi } from './runtime-api';
import { nodeArguments, variables } from './variables';

const DEFAULT_ACCOUNT_CONCURRENCY = 16;
const DEFAULT_IDLE_MILLISECONDS = 600_000;
/** Linux's `tcp_syn_retries` of 6: the packets go out after 0, 1, 3, 7, 15, 31 and 63 s, and 64 s after the last one it gives up. */
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
}

interface RunningFunction {
  readonly pool: FunctionPool;
  readonly asynchronous: AsynchronousInvocations;
  readonly log: FunctionLog;
}

/**
 * Runs the functions of the template as child processes behind the Lambda Runtime API, and puts them in the registry.
 * @throws {Error} where reservations exceed the account's concurrency.
 */
export function createLambda(options: LambdaOptions, context: ProductContext): Lambda {
  const { environment, registry } = context;
  const api = new RuntimeApi();
  const concurrency = new Concurrency(options.functions, options.accountConcurrency ?? DEFAULT_ACCOUNT_CONCURRENCY);
  const freeze = (options.freeze ?? true) && process.platform !== 'win32';
  const functions = new Map(options.functions.map((each) => [each.arn, createFunction(each)]));
  const registered: string[] = [];
  // On disk, so that the next run can end what a crash leaves behind: a frozen process doesn't even notice that its parent is gone.
  const records = new Records(environment.stateDir);
  const connections = new ConnectionLog(({ functionArn, target, missing }) => {
    context.log(
      'lambda',
      `${functionArn} can't connect to ${target}: ${missing}; in AWS the connection hangs until it times out`,
    );
  });
  const guardOptions = (arn: string) => {
    const rules = options.connections?.get(arn);
    return (
      rules && {
        ...rules,
        open: [api.port, Number(new URL(environment.endpointUrl).port)],
        timeoutMilliseconds: options.connectTimeoutMilliseconds ?? DEFAULT_CONNECT_TIMEOUT_MILLISECONDS,
      }
    );
  };
  const killAll = () => {
    for (const { pool } of functions.values()) pool.signal('SIGKILL');
  };

  function createFunction(each: FunctionOptions): RunningFunction {
    const log = new FunctionLog(path.join(environment.stateDir, 'logs'), each.name);
    const pool = new FunctionPool(each, {
      clock: context.clock,
      concurrency,
      idleMilliseconds: options.idleMilliseconds ?? DEFAULT_IDLE_MILLISECONDS,
      processOptions: (id) => ({
        command: process.execPath,
        arguments: nodeArguments(each, BOOTSTRAP, options.connections?.has(each.arn) ? GUARD : undefined),
        folder: each.folder,
        variables: variables(each, {
          environment,
          runtimeApi: api.address(id),
          accessKeyId: accessKeyId(each.arn),
          logStreamName: `${new Date(context.clock.now()).toISOString().slice(0, 10).replaceAll('-', '/')}/[$LATEST]${id}`,
          path: process.env.PATH ?? '',
          // Servers that came after the function was made count too.
          hosts: registry.origins,
          connections: guardOptions(each.arn),
        }),
        ...(options.connections?.has(each.arn) && { onReport: (lines: string) => connections.add(each.arn, lines) }),
        output: log.output,
        timeoutSeconds: each.timeoutSeconds,
        freeze,
      }),
      attach: (id, listener) => api.attach(id, listener),
      detach: (id) => api.detach(id),
      log: (line) => log.write(line),
      started(pid) {
        records.add({ name: `lambda:${each.name}`, pid, stopSignal: 'SIGKILL' });
        return () => records.remove(pid);
      },
    });
    const asynchronous = new AsynchronousInvocations(
      each,
      (payload, requestId) => pool.invokeText(payload, each.arn, requestId),
      context,
    );
    return { pool, asynchronous, log };
  }

  function find(nameOrArn: string): RunningFunction {
    const parts = nameOrArn.split(':');
    const name = parts.length > 2 ? parts[6] : parts[0];
    for (const running of functions.values()) if (running.pool.options.name === name) return running;
    throw new AwsError('ResourceNotFoundException', `Function not found: ${nameOrArn}`, 404);
  }

  function register(running: RunningFunction): void {
    const { arn, qualifiers } = running.pool.options;
    for (const name of [arn, ...qualifiers.map((qualifier) => `${arn}:${qualifier}`)]) {
      const target: AsynchronousFunctionTarget = {
        arn: name,
        invoke: (event) => running.pool.invokeText(JSON.stringify(event ?? {}), name),
        invokeAsynchronously: (event) => running.asynchronous.accept(JSON.stringify(event ?? {})),
      };
      registry.functions.set(name, target);
      registered.push(name);
    }
  }

  return {
    async start() {
      await api.start();
      process.on('exit', killAll);
      for (const running of functions.values()) {
        running.log.open();
        register(running);
      }
    },
    async dispose() {
      for (const name of registered.splice(0)) registry.functions.delete(name);
      for (const { asynchronous } of functions.values()) asynchronous.dispose();
      await Promise.all([...functions.values()].map(({ pool }) => pool.dispose()));
      await api.stop();
      for (const { log } of functions.values()) log.close();
      process.off('exit', killAll);
    },
    operations: { lambda: { Invoke: invokeOperation(find) } },
    environments: (nameOrArn) =>
      (nameOrArn === undefined ? [...functions.values()] : [find(nameOrArn)]).flatMap(({ pool }) => pool.describe()),
    stop(nameOrArn) {
      find(nameOrArn).pool.stopped = true;
    },
    resume(nameOrArn) {
      find(nameOrArn).pool.stopped = false;
    },
    connections: () => connections.all(),
    kill: (nameOrArn, signal = 'SIGKILL') => find(nameOrArn).pool.signal(signal),
    retire: (nameOrArn) => find(nameOrArn).pool.retire(),
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
