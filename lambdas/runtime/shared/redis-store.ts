import type { Cluster, Command, Redis } from 'ioredis';
import { checkText, wholeNumbers } from '../arguments';
import { type Clock, systemClock } from '../clock';
import { asUnavailable, ignored, unavailable } from '../errors';
import type { Version } from '../versions/version';
import { CircuitBreaker } from './breaker';
import { Budget, type Pending } from './budget';
import { ConnectionProgress } from './connection-progress';
import { GetCommand } from './get-command';
import { hashSlot, slotOf } from './hash-slot';
import { type Arguments, runOnMaster } from './master-scripts';
import {
  addressOf,
  checkEndpoint,
  createClient,
  type EntryScript,
  nodeOf,
  type RedisConnectionOptions,
  type Scripted,
} from './redis-client';
import { entryKeys, fenceBeside, tagKey, valueKey } from './redis-keys';
import { INTEND, PURGE_KEY, PURGE_TAG, PUT } from './scripts';
import type { Lease, PurgeKeyOptions, PurgeMode, Put, SharedStore, Tag } from './shared-store';

/** Options of a RedisStore. */
export interface RedisStoreOptions extends RedisConnectionOptions {
  /** Begin of every key: printable ASCII without blanks and braces. */
  readonly namespace: string;
  /**
   * Longest silence of a shard that owes the answer to a reading operation, in milliseconds. What this process takes for itself
   * isn't counted, and neither is the time in which the shard answers what was asked before.
   * @default 50
   */
  readonly budgetMs?: number;
  /**
   * Longest silence of a shard that owes the answer to a purging operation, in milliseconds, counted as for `budgetMs`; it is
   * tried again by its queue, not by its caller.
   * @default 1000
   */
  readonly purgeBudgetMs?: number;
  /**
   * Longest wait of a process's first operations for the first connection, in milliseconds, counted from the creation of the
   * store.
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

type LeaseReply =
  | readonly ['hit', now: number, entry: string]
  | readonly ['wait', now: number, leftMs: number]
  | readonly ['bypass', now: number, detail?: never]
  | readonly ['grant', now: number, least: string | null, doubtful: 1 | null];

/** Time after a warning without another one, in milliseconds. */
const SILENCE_MS = 60_000;

/** Pause after a failure before the credentials are asked for again, in milliseconds. */
const RECONNECT_MS = 1000;

const DEFAULTS = { budgetMs: 50, purgeBudgetMs: 1000, connectBudgetMs: 1000, breakerThreshold: 2, breakerRestMs: 1000 };

/**
 * Shared tier on Redis or Valkey: a cluster, a single node, or a replication group without cluster mode, as the server says. Keys
 * of one entry share a slot, and every operation goes to its master.
 */
export class RedisStore implements SharedStore {
  readonly #options: RedisStoreOptions & typeof DEFAULTS;
  /** Undefined until credentials are there; {@link client} makes sure of it. */
  #client!: Cluster & Scripted;
  readonly #clock: Clock;
  readonly #budget: Budget;
  readonly #purgeBudget: Budget;
  readonly #breakers = new Map<string, CircuitBreaker>();
  readonly #abandoned = new WeakSet<Redis>();
  /** Connections, by `host:port`. */
  readonly #nodes = new Map<string | undefined, Redis>();
  readonly #namespace: string;
  #failing = 0;
  #clockOffset = 0;
  #connecting: Promise<unknown> | undefined;
  #closed = false;
  #silentUntil = 0;

  /** Connects in the background. @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used. */
  constructor(options: RedisStoreOptions) {
    // Braces would decide over the slot, and what isn't ASCII has a slot of more than one byte a character.
    checkText('namespace', options.namespace, /^[!-z|~]+$/, 'printable ASCII without blanks and braces');
    checkEndpoint(options.endpoint);
    const numbers = wholeNumbers(DEFAULTS, options, ['connectBudgetMs', 'breakerRestMs']);
    this.#options = { ...options, ...numbers };
    this.#clock = options.clock ?? systemClock;
    this.#namespace = options.namespace;
    const late = () => unavailable('no answer within its budget');
    const progress = new ConnectionProgress(this.#nodes, (slot) => this.#master(slot));
    this.#budget = new Budget(numbers.budgetMs, late, progress);
    const leave = ({ key = '' }: Pending) => {
      this.#disconnectFrom(key);
      return late();
    };
    this.#purgeBudget = new Budget(numbers.purgeBudgetMs, leave, progress);
    const connected = this.#connect().catch(this.#reconnectLater);
    this.#connecting = new Budget(numbers.connectBudgetMs, late)
      .limit(connected)
      .catch(ignored)
      .then(() => {
        this.#connecting = undefined;
      });
  }

  now(): number {
    return this.#clock.now() + this.#clockOffset;
  }

  get(key: string, slot = hashSlot(key)): Promise<string | null> {
    const name = valueKey(this.#namespace, key);
    // The way of a hit: straight to the master's connection, which saves what ioredis's cluster does for commands of any kind.
    if (!this.#connecting && this.#failing === 0) {
      const master = this.#master(slot);
      if (master?.status === 'ready') {
        const command = new GetCommand(name, this.#getFailed);
        this.#budget.bound(command);
        // It implements the members of Command that ioredis uses.
        master.sendCommand(command as unknown as Command);
        return command.promise;
      }
    }
    return this.#ask(name, 'get');
  }

  /** Handler of a failed `GET`: a slot that moves is for ioredis's cluster to follow; all else is a failure of the shard. */
  readonly #getFailed = (error: Error, { key, settle, fail }: GetCommand) => {
    if (/^(MOVED|ASK|TRYAGAIN) /.test(error.message)) settle(this.#ask(key, 'get'));
    else this.#observe(key, Promise.reject(error)).catch(fail);
  };

  #master(slot: number): Redis | undefined {
    return this.#node(this.#client?.slots[slot]?.[0]);
  }

  async lease(key: string, token: string, leaseMs: number, seenToken: string): Promise<Lease> {
    const [kind, now, detail, doubtful] = (await this.#run('cacheLease', key, token, leaseMs, seenToken)) as LeaseReply;
    this.#learnTime(now);
    if (kind === 'hit') return { kind, entry: detail };
    return kind === 'wait' ? { kind, leftMs: detail } : { kind, minVersion: detail ?? undefined, doubtful: !!doubtful };
  }

  async fill(key: string, token: string, version: Version | undefined, ttlMs: number, entry: string): Promise<boolean> {
    return (await this.#run('cacheFill', key, token, version ?? '~', ttlMs, entry)) === 1;
  }

  async release(key: string, token: string): Promise<void> {
    await this.renew(key, token, 0);
  }

  async renew(key: string, token: string, leaseMs: number): Promise<boolean> {
    return (await this.#run('cacheRenew', key, token, leaseMs)) === 1;
  }

  #run(script: EntryScript, key: string, ...rest: Arguments): Promise<unknown> {
    const [value, fence] = entryKeys(this.#namespace, key);
    return this.#ask(value, script, fence, ...rest);
  }

  async discard(key: string): Promise<void> {
    await this.#ask(valueKey(this.#namespace, key), 'del');
  }

  async getTag(tag: string): Promise<Tag | undefined> {
    return parseTag(await this.#ask(tagKey(this.#namespace, tag), 'get'));
  }

  async touchTag(tag: string, ttlMs: number): Promise<Tag | undefined> {
    return parseTag(await this.#ask(tagKey(this.#namespace, tag), 'getex', 'PX', ttlMs));
  }

  async createTag(tag: string, mark: string, version: Version, ttlMs: number): Promise<Tag> {
    // What isn't a tag was replaced by one.
    return parseTag(await this.#ask(tagKey(this.#namespace, tag), 'cachePurgeTag', mark, version, ttlMs, 'create')) as Tag;
  }

  async purgeKey(key: string, version: Version, fenceMs: number, options: PurgeKeyOptions = {}): Promise<void> {
    const { mode = 'delete', writer = '', row = '~' } = options;
    await this.#purge(PURGE_KEY, entryKeys(this.#namespace, key), version, fenceMs, mode, writer, row);
  }

  async put(key: string, { version, row, ttlMs, entry, until }: Put, fenceMs: number): Promise<boolean> {
    return (await this.#purge(PUT, entryKeys(this.#namespace, key), version, fenceMs, row, ttlMs, entry, until)) === 1;
  }

  async intend(key: string, writer: string, intentMs: number, fenceMs: number): Promise<void> {
    await this.#purge(INTEND, entryKeys(this.#namespace, key), writer, intentMs, fenceMs);
  }

  async purgeTag(tag: string, mark: string, version: Version, ttlMs: number, mode: PurgeMode | 'timeline'): Promise<void> {
    await this.#purge(PURGE_TAG, [tagKey(this.#namespace, tag)], mark, version, ttlMs, mode);
  }

  /** True where a shard failed its last operation. */
  get failing(): boolean {
    return this.#failing > 0;
  }

  /**
   * Client of the tier, for commands that aren't the cache's own.
   *
   * @throws {CacheError} `E_SHARED_UNAVAILABLE` where it isn't connected, and wasn't within `connectBudgetMs`.
   */
  async client(): Promise<Cluster> {
    if (this.#connecting) await this.#connecting;
    const status = this.#client?.status ?? 'wait';
    if (this.#closed || status !== 'ready') throw unavailable(`the connection is '${status}'`);
    return this.#client;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#client?.disconnect();
  }

  async #connect(): Promise<void> {
    const credentials = await this.#options.credentials?.();
    if (this.#closed) return;
    const client = createClient(this.#options, credentials, {}, (error) => this.#warn(error));
    client.on('+node', (node: Redis) => this.#nodes.set(addressOf(node), node));
    client.on('-node', (node: Redis) => {
      // A replica that becomes a master gets another connection, and the old one is announced as gone after it.
      const address = addressOf(node);
      if (this.#nodes.get(address) === node) this.#nodes.delete(address);
    });
    this.#client = client;
    await new Promise<void>((resolve) => client.once('ready', resolve));
    // 'ready' is one connection. The others are made now, because a handshake is longer than the budget of a read.
    await Promise.allSettled(client.nodes('master').map((node) => node.ping()));
    const [seconds, microseconds] = await client.time();
    this.#learnTime(Math.floor(Number(seconds) * 1000 + Number(microseconds) / 1000));
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

  #learnTime(serverNow: number): void {
    this.#clockOffset = serverNow - this.#clock.now();
  }

  /** Runs one command on a key: within the budget, and not at all while the shard's circuit breaker is open. */
  async #ask<T = string | null>(
    name: string,
    command: 'get' | 'getex' | 'del' | 'cachePurgeTag' | EntryScript,
    ...rest: Arguments
  ): Promise<T> {
    if (this.#connecting || this.#client?.status !== 'ready') await this.client();
    // Working out the shard of every key would cost a tenth of a hit, so it is done only while some shard is in trouble.
    if (this.#failing > 0) {
      const breaker = this.#breaker(name);
      if (breaker.wantsProbe(this.#clock.now()))
        this.#observe(name, this.#budget.limit(this.#client.get(name), name)).catch(ignored);
      if (breaker.open) throw unavailable('its circuit breaker is open');
    }
    const send = this.#client as unknown as Record<typeof command, (key: string, ...rest: Arguments) => Promise<T>>;
    return this.#observe(name, this.#budget.limit(send[command](name, ...rest), name));
  }

  #observe<T>(name: string, operation: Promise<T>): Promise<T> {
    return operation.then(
      (answer) => {
        if (this.#failing > 0) this.#record(name, undefined);
        return answer;
      },
      (error: Error) => {
        // A reply that is an error came from a shard that works; the rest is a shard that doesn't.
        const answered = error.name === 'ReplyError' && !/^(CLUSTERDOWN|LOADING|MASTERDOWN|READONLY)/.test(error.message);
        this.#record(name, answered ? undefined : error);
        if (answered && /WRONGTYPE/.test(error.message)) this.#removeForeign(name);
        throw asUnavailable(error);
      },
    );
  }

  /** Removes what no cache wrote from a name, or from its fence's; the next who asks finds nothing there. */
  #removeForeign(name: string): void {
    this.#client.cacheRepair(name, fenceBeside(name)).catch(ignored);
  }

  #record(name: string, failure: unknown): void {
    const breaker = this.#breaker(name);
    if (failure) breaker.failed(this.#clock.now());
    else breaker.succeeded();
    if (failure && breaker.open) this.#disconnectFrom(name);
    this.#failing = 0;
    for (const each of this.#breakers.values()) if (each.failing) this.#failing++;
  }

  /**
   * Gives up the connection to a master that doesn't answer and asks the others who owns its slots now, without which a client
   * never leaves a master that hangs. Done when something fails rather than by ioredis's own timers: those would find every
   * command overdue after a freeze.
   */
  #disconnectFrom(name: string): void {
    const node = this.#master(slotOf(name));
    // Once, however many commands were under way: what ends a connection waits for the other side.
    if (!node || this.#abandoned.has(node)) return;
    this.#abandoned.add(node);
    node.disconnect();
    this.#client.refreshSlotsCache();
  }

  #breaker(name: string): CircuitBreaker {
    const shard = this.#client.slots[slotOf(name)]?.[0] ?? 'unknown';
    let breaker = this.#breakers.get(shard);
    if (!breaker) {
      breaker = new CircuitBreaker(this.#options.breakerThreshold, this.#budget.ms, this.#options.breakerRestMs);
      this.#breakers.set(shard, breaker);
    }
    return breaker;
  }

  /** Connection to an address. One that was announced as gone after its successor had come is looked up. */
  #node(address: string | undefined): Redis | undefined {
    const known = this.#nodes.get(address);
    if (known || !address) return known;
    const found = nodeOf(this.#client, address);
    if (found) this.#nodes.set(address, found);
    return found;
  }

  /** Runs a purging script within the budget of purges. */
  async #purge(script: string, keys: readonly string[], ...args: Arguments): Promise<unknown> {
    const client = await this.client();
    return this.#purgeBudget.limit(
      runOnMaster(client, (address) => this.#node(address), script, keys, args),
      keys[0],
    );
  }
}

/** Option to look at, by what a connection or a server says. */
function optionOf(message: string): string {
  if (/AUTH|PASS|PERM/.test(message)) return 'credentials';
  return /certif|SSL|EPROTO|closed|RESET|timeout/.test(message) ? 'tls' : 'endpoint';
}

/** Text of a tag: mark and version of its last delete, mark and version of its last expire. */
const TAG = /^(\S+ [0-9A-F]{24}( |$)){2}$/;

function parseTag(text: string | null): Tag | undefined {
  if (!text || !TAG.test(text)) return undefined;
  const [deleted, deletedVersion, expired, expiredVersion] = text.split(' ') as [string, string, string, string];
  return { deleted, deletedVersion, expired, expiredVersion };
}
