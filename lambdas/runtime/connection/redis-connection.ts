import type { Cluster, Command, Redis } from 'ioredis';
import { checkText, wholeNumbers } from '../arguments';
import { type Clock, systemClock } from '../clock';
import { asUnavailable, ignored, unavailable, unsent } from '../errors';
import { slotOf } from '../shared/hash-slot';
import { type CircuitBreaker, newCircuitBreaker } from './breaker';
import { type Budget, newBudget, type Pending } from './budget';
import { connectionProgress } from './connection-progress';
import { GetCommand } from './get-command';
import { onMaster, type Send } from './on-master';
import { checkEndpoint, createClient, nodeOf, type RedisEndpoint } from './redis-client';
import { groupOf, type ReplicatedReply } from './replicated-group';
import { type Arguments, evaluate, type Script } from './script';

/** Options of a RedisConnection. */
export interface RedisConnectionOptions extends RedisEndpoint {
  /** Begin of every key: printable ASCII without blanks and braces. */
  readonly namespace: string;
  /**
   * Longest silence of a shard that owes the answer to a reading operation, in milliseconds. What this process takes for itself
   * isn't counted, and neither is the time in which the shard answers what was asked before.
   * @default 50
   */
  readonly budgetMs?: number;
  /**
   * Longest silence of a shard that owes the answer to a writing operation that isn't the cache's, in milliseconds, counted as
   * for `budgetMs`.
   * @default 250
   */
  readonly writeBudgetMs?: number;
  /**
   * Longest silence of a shard that owes the answer to a purging operation, in milliseconds, counted as for `budgetMs`; it is
   * tried again by its queue, not by its caller.
   * @default 1000
   */
  readonly purgeBudgetMs?: number;
  /**
   * Longest wait of a process's first operations for the first connection, in milliseconds, counted from the creation of the
   * connection.
   * @default 1000
   */
  readonly connectBudgetMs?: number;
  /**
   * Least number of failures after which a shard isn't asked; they must outnumber its answers, and be spread over a `budgetMs`.
   * @default 2
   */
  readonly breakerThreshold?: number;
  /**
   * Rest of a shard before it is probed, in milliseconds.
   * @default 1000
   */
  readonly breakerRestMs?: number;
  /**
   * Receiver of a line: `a cluster` or `no cluster` once the tier is connected; or why it can't be used and which option to look
   * at, once a minute at most.
   * @default - `process.emitWarning` receives the latter
   */
  readonly report?: (line: string) => void;
  /**
   * Clock; for tests.
   * @default - the system clock
   */
  readonly clock?: Clock;
}

/** Time after a warning without another one, in milliseconds. */
const SILENCE_MS = 60_000;

/** Pause after a failure before the credentials are asked for again, in milliseconds. */
const RECONNECT_MS = 1000;

const DEFAULTS = {
  budgetMs: 50,
  writeBudgetMs: 250,
  purgeBudgetMs: 1000,
  connectBudgetMs: 1000,
  breakerThreshold: 2,
  breakerRestMs: 1000,
};

/**
 * Connection to Redis or Valkey: a cluster, a single node, or a replication group without cluster mode, as the server says. Every
 * operation goes to the master of its key, once; one that takes too long fails, and a shard that fails isn't asked for a while.
 * One for each process is enough: the cache and whatever else has keys there share it.
 */
export class RedisConnection {
  /** Begin of every key. */
  readonly namespace: string;
  /** Handler of a key whose type isn't the one that an operation is for. */
  mistyped: (key: string) => void = ignored;
  readonly #options: RedisConnectionOptions & typeof DEFAULTS;
  /** Undefined until credentials are there; {@link client} makes sure of it. */
  #client!: Cluster;
  readonly #clock: Clock;
  readonly #budget: Budget;
  readonly #writeBudget: Budget;
  readonly #purgeBudget: Budget;
  readonly #breakers = new Map<string, CircuitBreaker>();
  readonly #abandoned = new WeakSet<Redis>();
  #failing = 0;
  #clockOffset = 0;
  #connecting: Promise<unknown> | undefined;
  #closed = false;
  #silentUntil = 0;

  /** Connects in the background. @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: RedisConnectionOptions) {
    // Braces would decide over the slot, and what isn't ASCII has a slot of more than one byte a character.
    checkText('namespace', options.namespace, /^[!-z|~]+$/, 'printable ASCII without blanks and braces');
    checkEndpoint(options.endpoint);
    const numbers = wholeNumbers(DEFAULTS, options, ['connectBudgetMs', 'breakerRestMs']);
    this.#options = { ...options, ...numbers };
    this.#clock = options.clock ?? systemClock;
    this.namespace = options.namespace;
    const late = () => unavailable('no answer within its budget');
    const progress = connectionProgress(
      () => this.#client?.nodes() ?? [],
      (slot) => this.#master(slot),
    );
    this.#budget = newBudget(numbers.budgetMs, late, progress);
    this.#writeBudget = newBudget(numbers.writeBudgetMs, late, progress);
    const leave = ({ key = '' }: Pending) => {
      this.#disconnectFrom(key);
      return late();
    };
    this.#purgeBudget = newBudget(numbers.purgeBudgetMs, leave, progress);
    const connected = this.#connect().catch(this.#reconnectLater);
    this.#connecting = newBudget(numbers.connectBudgetMs, late)
      .limit(connected)
      .catch(ignored)
      .then(() => {
        this.#connecting = undefined;
      });
  }

  /** Time of the servers, in epoch milliseconds, as far as is known. */
  now(): number {
    return this.#clock.now() + this.#clockOffset;
  }

  /** Takes over the time of a server, as a reply had it. */
  learnTime(serverNow: number): void {
    this.#clockOffset = serverNow - this.#clock.now();
  }

  /** Text of a key, or null. `slot` is that of the key. */
  get(key: string, slot: number): Promise<string | null> {
    // The way of a hit: straight to the master's connection, which saves what ioredis does for commands of any kind.
    if (!this.#connecting && this.#failing === 0) {
      const master = this.#master(slot);
      if (master?.status === 'ready') {
        const command = new GetCommand(key, this.#getFailed);
        this.#budget.bound(command);
        // It implements the members of Command that ioredis uses.
        master.sendCommand(command as unknown as Command);
        return command.promise;
      }
    }
    return this.read(key, (node) => node.get(key));
  }

  /** Handler of a failed `GET`: one that was refused is sent again; all else is a failure of the shard. */
  readonly #getFailed = (error: Error, { key, settle, fail }: GetCommand) => {
    if (/^(MOVED|ASK|TRYAGAIN) /.test(error.message)) settle(this.read(key, (node) => node.get(key)));
    else this.#observe(key, Promise.reject(error)).catch(fail);
  };

  /**
   * Sends an operation to the master of a key, within `budgetMs`, and not at all while its shard's circuit breaker is open.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`
   */
  read<T>(key: string, send: Send<T>): Promise<T> {
    return this.#send(key, send, this.#budget);
  }

  /** {@link read} within `writeBudgetMs`. */
  write<T>(key: string, send: Send<T>): Promise<T> {
    return this.#send(key, send, this.#writeBudget);
  }

  /**
   * Runs a purging script, within `purgeBudgetMs`, whatever its shard did before.
   *
   * @returns its reply, once one replica has its effect too, or 100 ms have passed.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`
   */
  async purge(script: Script, keys: readonly [string, ...string[]], ...args: Arguments): Promise<unknown> {
    const client = await this.client();
    const sent = onMaster(client, keys[0], replicated(script, keys, args));
    const [reply] = await this.#purgeBudget.limit(sent, keys[0]);
    return reply;
  }

  /**
   * Client, for commands of any kind. It sends a command again when its connection breaks, so that one may take effect twice.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE` where it isn't connected, and wasn't within `connectBudgetMs`.
   */
  async client(): Promise<Cluster> {
    if (this.#connecting) await this.#connecting;
    const status = this.#client?.status ?? 'wait';
    if (this.#closed || status !== 'ready') throw unsent(`the connection is '${status}'`);
    return this.#client;
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#client?.disconnect();
  }

  async #connect(): Promise<void> {
    const credentials = await this.#options.credentials?.();
    if (this.#closed) return;
    const client = createClient(this.#options, credentials, {}, (error) => this.#warn(error));
    // A shard that has another master now is no reason to be careful with it.
    client.on('refresh', () => {
      const masters = new Set(client.slots.map(([address]) => address));
      for (const address of this.#breakers.keys()) if (!masters.has(address)) this.#breakers.delete(address);
      this.#count();
    });
    this.#client = client;
    await new Promise<void>((resolve) => client.once('ready', resolve));
    // 'ready' is one connection. The others are made now, because a handshake is longer than the budget of a read.
    await Promise.allSettled(client.nodes('master').map((node) => node.ping()));
    const [seconds, microseconds] = await client.time();
    this.learnTime(Math.floor(Number(seconds) * 1000 + Number(microseconds) / 1000));
    this.#options.report?.(client.options.enableReadyCheck ? 'a cluster' : 'no cluster');
  }

  /** Connects later, where credentials couldn't be had; the operations do without the tier meanwhile. */
  readonly #reconnectLater = (error: Error): void => {
    this.#warn(error, 'credentials');
    setTimeout(() => this.#closed || this.#connect().catch(this.#reconnectLater), RECONNECT_MS).unref();
  };

  #warn({ message }: Error, option = optionOf(message)): void {
    const now = this.#clock.now();
    if (this.#closed || now < this.#silentUntil) return;
    this.#silentUntil = now + SILENCE_MS;
    const { endpoint, report = process.emitWarning } = this.#options;
    report(`the shared tier '${endpoint}' can't be used: ${message}; check '${option}'`);
  }

  async #send<T>(key: string, send: Send<T>, budget: Budget): Promise<T> {
    const client = await this.client();
    // Working out the shard of every key would cost a tenth of a hit, so it is done only while some shard is in trouble.
    if (this.#failing > 0) {
      const breaker = this.#breaker(key);
      if (breaker.wantsProbe(this.#clock.now())) {
        const probe = onMaster(client, key, (node) => node.exists(key));
        this.#observe(key, this.#budget.limit(probe, key)).catch(ignored);
      }
      if (breaker.open) throw unsent('its circuit breaker is open');
    }
    return this.#observe(key, budget.limit(onMaster(client, key, send), key));
  }

  #observe<T>(key: string, operation: Promise<T>): Promise<T> {
    return operation.then(
      (answer) => {
        if (this.#failing > 0) this.#record(key, undefined);
        return answer;
      },
      (error: Error) => {
        // A reply that is an error came from a shard that works; the rest is a shard that doesn't.
        const { name, message } = (error.cause as Error) ?? error;
        const answered = name === 'ReplyError' && !/^(CLUSTERDOWN|LOADING|MASTERDOWN|READONLY)/.test(message);
        this.#record(key, answered ? undefined : error);
        if (/^WRONGTYPE/.test(message)) this.mistyped(key);
        throw asUnavailable(error);
      },
    );
  }

  #record(key: string, failure: unknown): void {
    const breaker = this.#breaker(key);
    if (failure) breaker.failed(this.#clock.now());
    else breaker.succeeded();
    if (failure && breaker.open) this.#disconnectFrom(key);
    this.#count();
  }

  #count(): void {
    this.#failing = 0;
    for (const each of this.#breakers.values()) if (each.failing) this.#failing++;
  }

  /**
   * Gives up the connection to a master that doesn't answer and asks the others who owns its slots now, without which a client
   * never leaves a master that hangs. Done when something fails rather than by ioredis's own timers: those would find every
   * command overdue after a freeze.
   */
  #disconnectFrom(key: string): void {
    const node = this.#master(slotOf(key));
    // Once, however many commands were under way: what ends a connection waits for the other side.
    if (!node || this.#abandoned.has(node)) return;
    this.#abandoned.add(node);
    node.disconnect();
    this.#client.refreshSlotsCache();
  }

  #breaker(key: string): CircuitBreaker {
    const shard = this.#client.slots[slotOf(key)]?.[0] ?? 'unknown';
    let breaker = this.#breakers.get(shard);
    if (!breaker) {
      breaker = newCircuitBreaker(this.#options.breakerThreshold, this.#budget.ms, this.#options.breakerRestMs);
      this.#breakers.set(shard, breaker);
    }
    return breaker;
  }

  #master(slot: number): Redis | undefined {
    return nodeOf(this.#client, this.#client?.slots[slot]?.[0]);
  }
}

/** Sending of a script that returns once one replica has its effect too, or 100 ms have passed. */
export function replicated(script: Script, keys: readonly string[], args: Arguments): Send<ReplicatedReply> {
  return async (master, replicas, asked) =>
    asked ? [await evaluate(master, script, keys, args, asked), false] : groupOf(master).run(script, keys, args, replicas);
}

/** Option to look at, by what a connection or a server says. */
function optionOf(message: string): string {
  if (/AUTH|PASS|PERM/.test(message)) return 'credentials';
  return /certif|SSL|EPROTO|closed|RESET|timeout/.test(message) ? 'tls' : 'endpoint';
}
