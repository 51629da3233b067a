import { checkNumber } from '../arguments';
import { host } from '../host';
import type { BusListener, MemoryBus, Purged } from '../memory/backplane';
import { Budget } from '../shared/budget';
import { OwnClient } from '../shared/dedicated-client';
import type { RedisPlace } from '../shared/redis-client';
import { channelName } from '../shared/redis-keys';
import { newToken } from '../token';
import { Hearing } from './channel-liveness';
import { decodeMessage, encodeMessage } from './message';

/** Which cluster purges are told by, and what is done where messages are missed. */
export interface ShardedPubSubOptions extends RedisPlace {
  /** Begins the channels' names, as it does the cache's keys. */
  readonly namespace: string;
  /**
   * Whether this process hears of others' purges. In a Lambda a frozen environment would miss them; it still tells of its own.
   * @default - true, unless this is a Lambda environment
   */
  readonly listen?: boolean;
  /**
   * Channels, each of which lies on some shard. A shard that is down doesn't keep messages from the others' channels.
   * @default 4
   */
  readonly channels?: number;
  /**
   * How often somebody speaks on each channel, in milliseconds. A process that heard nothing for three times as long takes itself for deaf.
   * @default 1000
   */
  readonly beatMs?: number;
}

/** How often is looked whether something is to be said, or wasn't heard, in a beat. */
const LOOKS_PER_BEAT = 4;
const DEAF_AFTER_BEATS = 3;
/** How long a new connection may take until something is heard on every channel, in beats. */
const CONNECT_BEATS = 5;
/** How long a purge of a process that may be frozen waits until it is told, in milliseconds. */
const TELL_MS = 250;
/** Purges in one message; after it comes another one. */
const MAX_PURGED = 200;

/**
 * Purges are told over sharded channels of the cluster (`SPUBLISH`, of Redis 7 and Valkey). Messages may be lost, so their way is proven all the time:
 * where it isn't, memory forgets everything and keeps nothing until it is again.
 *
 * @throws {CacheError} `E_INVALID_ARGUMENT` where an option isn't in its range.
 */
export function shardedPubSub(options: ShardedPubSubOptions): MemoryBus & { readonly ready: Promise<void> } {
  return new ShardedPubSub(options);
}

class ShardedPubSub implements MemoryBus {
  readonly #sender = newToken();
  readonly #channels: readonly string[];
  readonly #beatMs: number;
  readonly #listens: boolean;
  readonly #timer: NodeJS.Timeout;
  #own: OwnClient;
  #hearing: Hearing;
  #startedAt = performance.now();
  #listener: BusListener = () => {};
  #waiting: Purged[] = [];
  #flushed: Promise<void> = Promise.resolve();
  readonly #tell = new Budget(TELL_MS, () => new Error('it takes too long to tell of a purge'));
  #deaf: boolean;
  #closed = false;
  #opened = () => {};
  /** Resolves once messages are heard for the first time, or at once where nobody listens. */
  readonly ready: Promise<void>;

  constructor(private readonly options: ShardedPubSubOptions) {
    const count = checkNumber('channels', options.channels ?? 4, 1, 64);
    this.#beatMs = checkNumber('beatMs', options.beatMs ?? 1000, 10, 60_000);
    this.#channels = Array.from({ length: count }, (_, i) => channelName(options.namespace, i));
    this.#listens = options.listen ?? !host.isLambda;
    this.#deaf = this.#listens;
    this.ready = this.#listens
      ? new Promise((resolve) => {
          this.#opened = resolve;
        })
      : Promise.resolve();
    this.#hearing = this.#newHearing();
    this.#own = this.#connect();
    this.#timer = setInterval(() => this.#look(), this.#beatMs / LOOKS_PER_BEAT).unref();
  }

  get deaf(): boolean {
    return this.#deaf;
  }

  listen(listener: BusListener): void {
    this.#listener = listener;
  }

  publish(purged: Purged): void | Promise<void> {
    if (this.#closed) return;
    // What is purged in one turn of the event loop is told in one message.
    if (this.#waiting.length === 0) this.#flushed = new Promise((resolve) => setImmediate(() => resolve(this.#flush())));
    this.#waiting.push(purged);
    // Who lives on needn't wait; an environment that is frozen would send it with its next invocation.
    if (!this.#listens) return this.#tell.limit(this.#flushed).catch(() => {});
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#own.close();
  }

  async #flush(): Promise<void> {
    const all = this.#waiting;
    this.#waiting = [];
    const sent: Promise<void>[] = [];
    for (let i = 0; i < all.length; i += MAX_PURGED) {
      const text = encodeMessage({ sender: this.#sender, purged: all.slice(i, i + MAX_PURGED) });
      sent.push(this.#send(text, Math.floor(Math.random() * this.#channels.length)));
    }
    await Promise.all(sent);
  }

  /** On one channel, or where its shard doesn't answer on the next: all of them are listened to. */
  async #send(text: string, first: number): Promise<void> {
    await this.#own.connected;
    for (let i = 0; i < this.#channels.length && !this.#closed; i++) {
      try {
        await this.#own.client?.spublish(this.#channels[(first + i) % this.#channels.length] as string, text);
        return;
      } catch {
        // The next shard, then.
      }
    }
  }

  #look(): void {
    if (this.#closed || !this.#listens) return;
    const now = performance.now();
    const late = !this.#hearing.open && now - this.#startedAt > CONNECT_BEATS * this.#beatMs;
    if (late || this.#hearing.silent(now)) this.#lose();
    for (const channel of this.#hearing.due(now)) {
      const beat = encodeMessage({ sender: this.#sender, purged: [] });
      this.#own.client?.spublish(this.#channels[channel] as string, beat).catch(() => {});
    }
  }

  /** Messages may have been missed: a new connection finds out where the channels are now. */
  #lose(): void {
    this.#becomeDeaf();
    this.#own.close();
    this.#hearing = this.#newHearing();
    this.#startedAt = performance.now();
    this.#own = this.#connect();
  }

  #becomeDeaf(): void {
    if (this.#deaf) return;
    this.#deaf = true;
    this.#listener();
  }

  #connect(): OwnClient {
    const own = new OwnClient(this.options, { shardedSubscribers: this.#listens });
    if (this.#listens) void own.connected.then(() => this.#subscribe(own));
    return own;
  }

  #subscribe(own: OwnClient): void {
    const { client } = own;
    if (!client || own !== this.#own) return;
    client.on('smessage', (channel: string, text: string) => {
      if (own === this.#own) this.#hear(this.#channels.indexOf(channel), text);
    });
    // A subscription whose connection ends, or that moves, is made anew by the client; what was said meanwhile is lost.
    client.on('-subscriber', () => own === this.#own && !this.#closed && this.#lose());
    for (const channel of this.#channels) client.ssubscribe(channel).catch(() => {});
  }

  #hear(channel: number, text: string): void {
    if (channel < 0) return;
    this.#hearing.heard(channel, performance.now());
    const message = decodeMessage(text);
    if (this.#deaf) {
      if (!this.#hearing.open) return;
      // From here on nothing is missed; what was loaded before may be older than a purge that was.
      this.#listener();
      this.#deaf = false;
      this.#opened();
    } else if (!message) this.#listener();
    else if (message.sender !== this.#sender) for (const purged of message.purged) this.#listener(purged);
  }

  #newHearing(): Hearing {
    const deafAfterMs = DEAF_AFTER_BEATS * this.#beatMs;
    return new Hearing(this.#channels.length, { beatMs: this.#beatMs, deafAfterMs, random: Math.random });
  }
}
