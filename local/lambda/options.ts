import type { ConnectionRules } from './connections';

/** One function, as the product runs it. */
export interface FunctionOptions {
  readonly name: string;
  /** Without a qualifier. */
  readonly arn: string;
  /** Versions and aliases under which it can be called too, such as `live`. */
  readonly qualifiers: readonly string[];
  /** Module and export, such as `index.handler`. */
  readonly handler: string;
  /** Runtime identifier of the template; the process is always this machine's Node. */
  readonly runtime: string;
  /** Folder with the code. */
  readonly folder: string;
  /** Code that the template holds itself, which `start` writes to the folder. Undefined: the folder is an asset. */
  readonly inlineCode?: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  /** Invocations that may run at once, which no other function can take. Undefined: a share of the account's rest. */
  readonly reservedConcurrency: number | undefined;
  /** Environment variables of the template. */
  readonly variables: Readonly<Record<string, string>>;
  readonly asynchronous: AsynchronousOptions;
}

/** Retries and destinations of asynchronous invocations. */
export interface AsynchronousOptions {
  /** Retries after an error of the function, 0 to 2. */
  readonly maximumRetryAttempts: number;
  /** Age at which an event is given up, retries included. */
  readonly maximumEventAgeSeconds: number;
  /** ARN of a queue that gets the event itself after the last retry. */
  readonly deadLetterArn: string | undefined;
  /** ARN of a queue or function that gets a record of the invocation after the last retry. */
  readonly onFailure: string | undefined;
  /** ARN of a queue or function that gets a record of the invocation. */
  readonly onSuccess: string | undefined;
}

/** Options of {@link createLambda}. */
export interface LambdaOptions {
  readonly functions: readonly FunctionOptions[];

  /**
   * Invocations that may run at once in all, those that wait for a process among them. What functions reserve comes out of it.
   * @default 16 - an account on AWS starts with 1000, which no single machine has the memory for
   */
  readonly accountConcurrency?: number;

  /**
   * Environments of all functions that may initialise at once; further ones wait.
   * @default - as many as there are processors, at least 2
   */
  readonly startsAtOnce?: number;

  /**
   * True where an environment's process is stopped (SIGSTOP) between invocations, as AWS freezes it: timers don't fire and
   * sockets aren't read.
   * @default true, except on Windows
   */
  readonly freeze?: boolean;

  /**
   * After how long without an invocation an environment is ended, in milliseconds.
   * @default 600000
   */
  readonly idleMilliseconds?: number;

  /**
   * Connections that functions may make, by ARN.
   * @default - whatever listens
   */
  readonly connections?: ReadonlyMap<string, ConnectionRules>;

  /**
   * After how long a connection fails that isn't let through, in milliseconds, where the client doesn't give up before.
   * @default 127000 - when Linux has sent the first packet seven times, as in AWS
   */
  readonly connectTimeoutMilliseconds?: number;
}
