import type { Cluster } from 'ioredis';
import { asUnavailable, unavailable } from '../errors';
import { Budget } from '../shared/budget';
import { DedicatedClient } from '../shared/dedicated-client';
import { SLOTS, slotOf } from '../shared/hash-slot';
import { runOnMaster } from '../shared/master-scripts';
import { nodeOf, type RedisConnectionOptions } from '../shared/redis-client';
import { entryKeys, queuedSlotsKey, streamKey } from '../shared/redis-keys';
import { ACKNOWLEDGE, ENQUEUE, GROUP } from './scripts';
import { slotName } from './slot-names';

/** Write of one value, as its stream holds it. */
export interface StreamWrite {
  readonly id: string;
  /** Name of the entry in the shared tier. */
  readonly entryName: string;
  /** The namespace's key. */
  readonly key: string;
  /** Version of the row: 24 digits. */
  readonly row: string;
  /** The value as JSON; '' for an absent one. */
  readonly json: string;
}

/** Options of Streams. */
export interface StreamsOptions extends RedisConnectionOptions {
  readonly namespace: string;
  readonly budgetMs: number;
  readonly maxQueued: number;
}

/** Number of slots that are asked at once. */
const ASKED_AT_ONCE = 512;

/** Streams of queued writes: one in each slot that has any, beside its entries. */
export class Streams {
  readonly #options: StreamsOptions;
  readonly #budget: Budget;
  readonly #client: DedicatedClient;
  #closed = false;

  constructor(options: StreamsOptions) {
    this.#options = options;
    this.#client = new DedicatedClient(options);
    this.#budget = new Budget(options.budgetMs, ({ key }) => {
      if (key !== undefined) this.#leaveMaster(slotOf(key));
      return unavailable('no answer within the budget of a queued write');
    });
  }

  /** Queues a write. @returns the script's reply; resolves once one replica has the write, too, or 100 ms have passed. */
  async enqueue(write: Omit<StreamWrite, 'id'>, pinMs: number, ttlMs: number, entry: string): Promise<string> {
    const { entryName, key, row, json } = write;
    const fields = ['n', entryName, 'k', key, 'r', row, 'v', json];
    const args = [row, pinMs, ttlMs, entry, this.#options.maxQueued, ...fields];
    return (await this.#onMaster(entryName, ENQUEUE, args)) as string;
  }

  /** Removes writes whose row is in the database. */
  async acknowledge(entryName: string, row: string, version: string, fenceMs: number, ids: readonly string[]): Promise<void> {
    await this.#onMaster(entryName, ACKNOWLEDGE, [row, version, fenceMs, ...ids]);
  }

  /** Marks the slot of an entry as one that has writes, so that consumers needn't ask all slots. */
  async mark(entryName: string): Promise<void> {
    const slot = slotOf(this.#keys(entryName)[0] as string);
    await this.#ask(this.#marks, (client) => client.sadd(this.#marks, slot));
  }

  async unmark(slot: number): Promise<void> {
    await this.#ask(this.#marks, (client) => client.srem(this.#marks, slot));
  }

  async marked(): Promise<number[]> {
    return (await this.#ask(this.#marks, (client) => client.smembers(this.#marks))).map(Number);
  }

  /** Slots that have writes, found by asking all of them. */
  async sweep(): Promise<number[]> {
    const found: number[] = [];
    for (let first = 0; first < SLOTS && !this.#closed; first += ASKED_AT_ONCE) {
      const slots = Array.from({ length: ASKED_AT_ONCE }, (_, i) => first + i);
      // A shard that doesn't answer keeps nobody from the others' writes.
      const asked = slots.map((slot) => this.#ask(this.#stream(slot), (client) => client.exists(this.#stream(slot))));
      const there = await Promise.allSettled(asked);
      found.push(...slots.filter((_, i) => (there[i] as { value?: number }).value === 1));
    }
    return found;
  }

  /** Writes that no consumer has read yet. */
  async read(slot: number, consumer: string, count: number): Promise<StreamWrite[]> {
    const reply = await this.#ask(this.#stream(slot), (client) =>
      client.xreadgroup('GROUP', GROUP, consumer, 'COUNT', count, 'STREAMS', this.#stream(slot), '>'),
    ).catch(absent);
    return writesOf((reply as [string, unknown][] | null)?.[0]?.[1]);
  }

  /** Writes that a consumer read, which failed or died `idleMs` ago; the first to claim them has them. */
  async claim(slot: number, consumer: string, idleMs: number, count: number): Promise<StreamWrite[]> {
    const reply = await this.#ask(this.#stream(slot), (client) =>
      client.xautoclaim(this.#stream(slot), GROUP, consumer, idleMs, '0-0', 'COUNT', count),
    ).catch(absent);
    return writesOf((reply as unknown[] | null)?.[1]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#client.close();
  }

  #keys(entryName: string): string[] {
    const [value, fence] = entryKeys(this.#options.namespace, entryName);
    return [value, fence, this.#stream(slotOf(value))];
  }

  #stream(slot: number): string {
    return streamKey(this.#options.namespace, slotName(slot));
  }

  get #marks(): string {
    return queuedSlotsKey(this.#options.namespace);
  }

  async #ask<T>(key: string, send: (client: Cluster) => Promise<T>): Promise<T> {
    const sent = this.#client.connected.then(() => {
      if (!this.#client.client) throw unavailable('it is not connected');
      return send(this.#client.client);
    });
    return this.#budget.limit(sent, key);
  }

  async #onMaster(entryName: string, script: string, args: (string | number)[]): Promise<unknown> {
    const keys = this.#keys(entryName);
    try {
      return await this.#ask(keys[0] as string, (client) => {
        const find = (address: string | undefined) => nodeOf(client, address);
        return runOnMaster(client, find, script, keys, args);
      });
    } catch (error) {
      throw asUnavailable(error);
    }
  }

  /** Gives up the connection to a master that doesn't answer, and asks the others who owns its slots now. */
  #leaveMaster(slot: number): void {
    const { client } = this.#client;
    if (!client) return;
    nodeOf(client, client.slots[slot]?.[0])?.disconnect();
    client.refreshSlotsCache();
  }
}

/** Handler of a stream that isn't there, as one without writes. */
function absent(error: Error): null {
  if (/^NOGROUP/.test(error.message)) return null;
  throw error;
}

/** Writes of a reply. What isn't a write of ours, or was removed meanwhile, is left where it is. */
function writesOf(reply: unknown): StreamWrite[] {
  const writes: StreamWrite[] = [];
  for (const item of Array.isArray(reply) ? reply : []) {
    const [id, fields] = (item ?? []) as [string, string[] | null];
    const [n, entryName, k, key, r, row, v, json] = fields ?? [];
    if (n === 'n' && k === 'k' && r === 'r' && v === 'v') {
      writes.push({ id, entryName: entryName as string, key: key as string, row: row as string, json: json as string });
    }
  }
  return writes;
}
