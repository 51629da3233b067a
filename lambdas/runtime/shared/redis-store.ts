import type { Redis } from 'ioredis';
import { RedisConnection, type RedisConnectionOptions } from '../connection/redis-connection';
import { type Arguments, evaluate, type Script } from '../connection/script';
import { ignored } from '../errors';
import type { Version } from '../versions/version';
import { hashSlot } from './hash-slot';
import { entryKeys, fenceBeside, tagKey, valueKey } from './redis-keys';
import { FILL, INTEND, LEASE, PURGE_KEY, PURGE_TAG, PUT, RENEW, REPAIR } from './scripts';
import type { Lease, PurgeKeyOptions, PurgeMode, Put, SharedStore, Tag } from './shared-store';

type LeaseReply =
  | readonly ['hit', now: number, entry: string]
  | readonly ['wait', now: number, leftMs: number]
  | readonly ['bypass', now: number, detail?: never]
  | readonly ['grant', now: number, least: string | null, doubtful: 1 | null];

/** Shared tier on Redis or Valkey. Keys of one entry share a slot. */
export class RedisStore implements SharedStore {
  /** Connection, for whatever else has keys there. */
  readonly connection: RedisConnection;
  readonly #isOwn: boolean;

  /**
   * @param connection a connection, which stays open when the store is closed; or the options of one of the store's own.
   * @throws {CacheError} `E_INVALID_ARGUMENT` where an option can't be used.
   */
  constructor(connection: RedisConnection | RedisConnectionOptions) {
    this.connection = connection instanceof RedisConnection ? connection : new RedisConnection(connection);
    this.#isOwn = this.connection !== connection;
    // What no cache wrote is removed from an entry's name, or from its fence's, or a tag's; the next who asks finds nothing
    // there.
    this.connection.mistyped = (key) => {
      if (/:[vft]:/.test(key.slice(this.#namespace.length))) this.#run(REPAIR, [key, fenceBeside(key)]).catch(ignored);
    };
  }

  get #namespace(): string {
    return this.connection.namespace;
  }

  now(): number {
    return this.connection.now();
  }

  get(key: string, slot = hashSlot(key)): Promise<string | null> {
    return this.connection.get(valueKey(this.#namespace, key), slot);
  }

  async lease(key: string, token: string, leaseMs: number, seenToken: string): Promise<Lease> {
    const [kind, now, detail, doubtful] = await this.#ofEntry<LeaseReply>(LEASE, key, token, leaseMs, seenToken);
    this.connection.learnTime(now);
    if (kind === 'hit') return { kind, entry: detail };
    return kind === 'wait' ? { kind, leftMs: detail } : { kind, minVersion: detail ?? undefined, doubtful: !!doubtful };
  }

  async fill(key: string, token: string, version: Version | undefined, ttlMs: number, entry: string): Promise<boolean> {
    return (await this.#ofEntry(FILL, key, token, version ?? '~', ttlMs, entry)) === 1;
  }

  async release(key: string, token: string): Promise<void> {
    await this.renew(key, token, 0);
  }

  async renew(key: string, token: string, leaseMs: number): Promise<boolean> {
    return (await this.#ofEntry(RENEW, key, token, leaseMs)) === 1;
  }

  #ofEntry<T = unknown>(script: Script, key: string, ...args: Arguments): Promise<T> {
    return this.#run(script, entryKeys(this.#namespace, key), args) as Promise<T>;
  }

  #run(script: Script, keys: readonly [string, ...string[]], args: Arguments = []): Promise<unknown> {
    return this.connection.read(keys[0], (node, _, asked) => evaluate(node, script, keys, args, asked));
  }

  async discard(key: string): Promise<void> {
    const name = valueKey(this.#namespace, key);
    await this.connection.read(name, (node) => node.del(name));
  }

  getTag(tag: string): Promise<Tag | undefined> {
    return this.#tag(tag, (node, name) => node.get(name));
  }

  touchTag(tag: string, ttlMs: number): Promise<Tag | undefined> {
    return this.#tag(tag, (node, name) => node.getex(name, 'PX', ttlMs));
  }

  async #tag(tag: string, ask: (node: Redis, name: string) => Promise<string | null>): Promise<Tag | undefined> {
    const name = tagKey(this.#namespace, tag);
    return parseTag(await this.connection.read(name, (node) => ask(node, name)));
  }

  async createTag(tag: string, mark: string, version: Version, ttlMs: number): Promise<Tag> {
    const text = await this.#run(PURGE_TAG, [tagKey(this.#namespace, tag)], [mark, version, ttlMs, 'create']);
    // What isn't a tag was replaced by one.
    return parseTag(text as string) as Tag;
  }

  async purgeKey(key: string, version: Version, fenceMs: number, options: PurgeKeyOptions = {}): Promise<void> {
    const { mode = 'delete', writer = '', row = '~' } = options;
    await this.#purge(PURGE_KEY, key, version, fenceMs, mode, writer, row);
  }

  async put(key: string, { version, row, ttlMs, entry, until }: Put, fenceMs: number): Promise<boolean> {
    return (await this.#purge(PUT, key, version, fenceMs, row, ttlMs, entry, until)) === 1;
  }

  async intend(key: string, writer: string, intentMs: number, fenceMs: number): Promise<void> {
    await this.#purge(INTEND, key, writer, intentMs, fenceMs);
  }

  #purge(script: Script, key: string, ...args: Arguments): Promise<unknown> {
    return this.connection.purge(script, entryKeys(this.#namespace, key), ...args);
  }

  async purgeTag(tag: string, mark: string, version: Version, ttlMs: number, mode: PurgeMode | 'timeline'): Promise<void> {
    await this.connection.purge(PURGE_TAG, [tagKey(this.#namespace, tag)], mark, version, ttlMs, mode);
  }

  async close(): Promise<void> {
    if (this.#isOwn) await this.connection.close();
  }
}

/** Text of a tag: mark and version of its last delete, mark and version of its last expire. */
const TAG = /^(\S+ [0-9A-F]{24}( |$)){2}$/;

/** Tag of its text; undefined where it is none. */
export function parseTag(text: string | null): Tag | undefined {
  if (!text || !TAG.test(text)) return undefined;
  const [deleted, deletedVersion, expired, expiredVersion] = text.split(' ') as [string, string, string, string];
  return { deleted, deletedVersion, expired, expiredVersion };
}
