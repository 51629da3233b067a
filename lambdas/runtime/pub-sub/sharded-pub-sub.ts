import { checkNumber } from '../arguments';
import { newBudget } from '../connection/budget';
import { DedicatedClient } from '../connection/dedicated-client';
import type { RedisEndpoint } from '../connection/redis-client';
import { ignored } from '../errors';
import { host } from '../host';
import type { Backplane, BackplaneListener, PurgeMessage } from '../memory/backplane';
import { channelName } from '../shared/redis-keys';
import { newToken } from '../token';
import { ChannelLiveness } from './channel-liveness';
import { decodeMessage, encodeMessage } from './message';

/** Options of {@link shardedPubSub}. */
export interface ShardedPubSubOptions extends RedisEndpoint {
  /** Begin of the channels' names, as of the cache's keys. */
  readonly namespace: string;
  /**
   * True where this process receives others' purges. A frozen Lambda environment would miss them; it still publishes its own.
   * @default - true, unless this is a Lambda environment
   */
  readonly listen?: boolean;
  /**
   * Number of channels, each of which lies on some shard. A shard that is down doesn't keep messages from the others' channels.
   * @default 4
   */
  readonly channels?: number;
  /**
   * Interval of heartbeats on each channel, in milliseconds. A process treats the channel as disconnected after three missed
   * heartbeats.
   * @default 1000
   */
  readonly heartbeatMs?: number;
}

/** Number of checks for due and missed heartbeats in the interval of one. */
const CHECKS_PER_HEARTBEAT = 4;
const MISSED_HEARTBEATS = 3;
/** Longest duration of a new connection until each channel has had a message: in heartbeats, and at least in milliseconds. */
const CONNECT_HEARTBEATS = 5;
const CONNECT_MS = 2000;
/** Longest wait for the first message on every channel, in milliseconds. */
const READY_WAIT_MS = 5000;
/** Longest wait of a purge until it is published, in a process that may be frozen, in milliseconds. */
const PUBLISH_WAIT_MS = 250;
/** Largest number of purges in one message; after it comes another one. */
const MAX_PURGED = 200;

/**
 * Backplane over sharded channels of the cluster (`SPUBLISH`, of Redis 7 and Valkey). Messages may be lost, so heartbeats prove
 * all the time that they arrive: where they don't, memory is emptied, and stores nothing of the shared tier until they do again.
 *
 * @throws {CacheError} `E_INVALID_ARGUMENT` where an option isn't in its range.
 */
export function shardedPubSub(options: ShardedPubSubOptions): Backplane & { readonly ready: Promise<void> } {
  return new ShardedPubSub(options);
}

/** Backplane of one process over sharded channels. */
class ShardedPubSub implements Backplane {
  readonly #sender = newToken();
  readonly #channels: readonly string[];
  readonly #heartbeatMs: number;
  readonly #listens: boolean;
  readonly #timer: NodeJS.Timeout;
  #client: DedicatedClient;
  #liveness: ChannelLiveness;
  readonly #createdAt = performance.now();
  #startedAt = this.#createdAt;
  #listener: BackplaneListener = () => {};
  #waiting: PurgeMessage[] = [];
  #flushed: Promise<void> = Promise.resolve();
  readonly #publishBudget = newBudget(PUBLISH_WAIT_MS, () => new Error('a purge was not published within its budget'));
  #disconnected: boolean;
  #closed = false;
  #resolveReady = () => {};
  /**
   * Resolves once a message is received on every channel for the first time, at once where this process doesn't listen, and after
   * five seconds, or with `close`, in any case: `disconnected` says which.
   */
  readonly ready: Promise<void>;

  readonly #options: ShardedPubSubOptions;

  constructor(options: ShardedPubSubOptions) {
    this.#options = options;
    const count = checkNumber('channels', options.channels ?? 4, 1, 64);
    this.#heartbeatMs = checkNumber('heartbeatMs', options.heartbeatMs ?? 1000, 10, 60_000);
    this.#channels = Array.from({ length: count }, (_, i) => channelName(options.namespace, i));
    this.#listens = options.listen ?? !host.isLambda;
    this.#disconnected = this.#listens;
    this.ready = this.#listens
      ? new Promise((resolve) => {
          this.#resolveReady = resolve;
        })
      : Promise.resolve();
    this.#liveness = this.#newLiveness();
    this.#client = this.#connect();
    this.#timer = setInterval(() => this.#checkLiveness(), this.#heartbeatMs / CHECKS_PER_HEARTBEAT).unref();
  }

  get disconnected(): boolean {
    return this.#disconnected;
  }

  listen(listener: BackplaneListener): void {
    this.#listener = listener;
  }

  publish(message: PurgeMessage): void | Promise<void> {
    if (this.#closed) return;
    // Purges of one turn of the event loop leave in one message.
    if (this.#waiting.length === 0) this.#flushed = new Promise((resolve) => setImmediate(() => resolve(this.#flush())));
    this.#waiting.push(message);
    // A process that lives on needn't wait; an environment that is frozen would send it with its next invocation.
    if (!this.#listens) return this.#publishBudget.limit(this.#flushed).catch(ignored);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#client.close();
    this.#resolveReady();
  }

  async #flush(): Promise<void> {
    const all = this.#waiting;
    this.#waiting = [];
    const sent: Promise<void>[] = [];
    for (let i = 0; i < all.length; i += MAX_PURGED) {
      const text = encodeMessage({ sender: this.#sender, purges: all.slice(i, i + MAX_PURGED) });
      sent.push(this.#send(text, Math.floor(Math.random() * this.#channels.length)));
    }
    await Promise.all(sent);
  }

  /** Sends on one channel, or where its shard doesn't answer on the next: all of them are listened to. */
  async #send(text: string, first: number): Promise<void> {
    await this.#client.connected;
    for (let i = 0; i < this.#channels.length && !this.#closed; i++) {
      try {
        await this.#client.client?.spublish(this.#channels[(first + i) % this.#channels.length] as string, text);
        return;
      } catch {
        // The next shard, then.
      }
    }
  }

  #checkLiveness(): void {
    if (this.#closed || !this.#listens) return;
    const now = performance.now();
    const late =
      !this.#liveness.connected && now - this.#startedAt > Math.max(CONNECT_MS, CONNECT_HEARTBEATS * this.#heartbeatMs);
    if (now - this.#createdAt > READY_WAIT_MS) this.#resolveReady();
    if (late || this.#liveness.timedOut(now)) this.#reconnect();
    for (const channel of this.#liveness.dueHeartbeats(now)) {
      const heartbeat = encodeMessage({ sender: this.#sender, purges: [] });
      this.#client.client?.spublish(this.#channels[channel] as string, heartbeat).catch(ignored);
    }
  }

  /** Connects anew, because messages may have been missed: a new connection finds out where the channels are now. */
  #reconnect(): void {
    this.#disconnect();
    this.#client.close();
    this.#liveness = this.#newLiveness();
    this.#startedAt = performance.now();
    this.#client = this.#connect();
  }

  #disconnect(): void {
    if (this.#disconnected) return;
    this.#disconnected = true;
    this.#listener();
  }

  #connect(): DedicatedClient {
    const client = new DedicatedClient(this.#options, { shardedSubscribers: this.#listens });
    if (this.#listens) void client.connected.then(() => this.#subscribe(client));
    return client;
  }

  #subscribe(dedicated: DedicatedClient): void {
    const { client } = dedicated;
    if (!client || dedicated !== this.#client) return;
    client.on('smessage', (channel: string, text: string) => {
      if (dedicated === this.#client) this.#receive(this.#channels.indexOf(channel), text);
    });
    // A subscription whose connection ends, or that moves, is made anew by the client; messages sent meanwhile are lost.
    client.on('-subscriber', () => dedicated === this.#client && !this.#closed && this.#reconnect());
    for (const channel of this.#channels) client.ssubscribe(channel).catch(ignored);
  }

  #receive(channel: number, text: string): void {
    if (channel < 0) return;
    this.#liveness.received(channel, performance.now());
    const message = decodeMessage(text);
    if (this.#disconnected) {
      if (!this.#liveness.connected) return;
      // From here on nothing is missed; what was loaded before may be older than a purge that was.
      this.#listener();
      this.#disconnected = false;
      this.#resolveReady();
    } else if (!message) this.#listener();
    else if (message.sender !== this.#sender) for (const purge of message.purges) this.#listener(purge);
  }

  #newLiveness(): ChannelLiveness {
    const deafAfterMs = MISSED_HEARTBEATS * this.#heartbeatMs;
    return new ChannelLiveness(this.#channels.length, {
      heartbeatMs: this.#heartbeatMs,
      timeoutMs: deafAfterMs,
      random: Math.random,
    });
  }
}
