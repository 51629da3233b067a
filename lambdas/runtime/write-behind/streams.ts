import type { Cluster } from 'ioredis';
import { asUnavailable, unavailable } from '../errors';
import { Budget } from '../shared/budget';
import { OwnClient } from '../shared/dedicated-client';
import { SLOTS, slotOf } from '../shared/hash-slot';
import { MasterScripts } from '../shared/master-scripts';
import type { RedisPlace } from '../shared/redis-client';
import { entryKeys, queuedSlotsKey, streamKey } from '../shared/redis-keys';
import { ENQUEUE, GROUP, SETTLE } from './scripts';
import { slotName } from './slot-names';

/** A write as its stream has it. */
export interface StreamWrite {
  readonly id: string;
  /** Name of the entry in the shared tier. */
  readonly entry: string;
  /** The namespace's key. */
  readonly key: string;
  /** Version of the row: 24 digits. */
  readonly row: string;
  /** The value; '' for an absent one. */
  readonly json: string;
}

export interface StreamsOptions extends RedisPlace {
  readonly namespace: string;
  readonly budgetMs: number;
  readonly maxQueued: number;
}

/** How many slots are asked at once. */
const ASKED_AT_ONCE = 512;

/** The streams of queued writes: one in each slot that has any, beside its entries. */
export class Streams {
  readonly #budget: Budget;
  readonly #scripts = new MasterScripts();
  readonly #own: OwnClient;
  #closed = false;

  constructor(private readonly options: StreamsOptions) {
    this.#budget = new Budget(options.budgetMs, () => unavailable('no answer within the budget of a queued write'));
    this.#own = new OwnClient(options);
  }

  /** @returns what the script replies; resolves once one replica has the write, too, or 100 ms have passed. */
  async enqueue(write: Omit<StreamWrite, 'id'>, pinMs: number, ttlMs: number, entry: string): Promise<string> {
    const { entry: name, key, row, json } = write;
    const fields = ['n', name, 'k', key, 'r', row, 'v', json];
    const args = [row, pinMs, ttlMs, entry, this.options.maxQueued, ...fields];
    return (await this.#onMaster(name, ENQUEUE, args)) as string;
  }

  /** The row is in the database: these writes are done. */
  async settle(name: string, row: string, version: string, fenceMs: number, ids: readonly string[]): Promise<void> {
    await this.#onMaster(name, SETTLE, [row, version, fenceMs, ...ids]);
  }

  /** Remembers that the slot of an entry has writes, so that consumers needn't ask all slots. */
  async mark(name: string): Promise<void> {
    await this.#ask((client) => client.sadd(queuedSlotsKey(this.options.namespace), slotOf(this.#keys(name)[0] as string)));
  }

  async unmark(slot: number): Promise<void> {
    await this.#ask((client) => client.srem(queuedSlotsKey(this.options.namespace), slot));
  }

  async marked(): Promise<number[]> {
    return (await this.#ask((client) => client.smembers(queuedSlotsKey(this.options.namespace)))).map(Number);
  }

  /** Every slot that has writes, found by asking all of them. */
  async sweep(): Promise<number[]> {
    const found: number[] = [];
    for (let first = 0; first < SLOTS && !this.#closed; first += ASKED_AT_ONCE) {
      const slots = Array.from({ length: ASKED_AT_ONCE }, (_, i) => first + i);
      const there = await Promise.all(slots.map((slot) => this.#ask((client) => client.exists(this.#stream(slot)))));
      found.push(...slots.filter((_, i) => there[i] === 1));
    }
    return found;
  }

  /** Writes that nobody has read yet. */
  async read(slot: number, consumer: string, count: number): Promise<StreamWrite[]> {
    const reply = await this.#ask((client) =>
      client.xreadgroup('GROUP', GROUP, consumer, 'COUNT', count, 'STREAMS', this.#stream(slot), '>'),
    ).catch(absent);
    return writesOf((reply as [string, unknown][] | null)?.[0]?.[1]);
  }

  /** Writes that somebody has read, who failed or died `idleMs` ago; whoever claims them first has them. */
  async claim(slot: number, consumer: string, idleMs: number, count: number): Promise<StreamWrite[]> {
    const reply = await this.#ask((client) =>
      client.xautoclaim(this.#stream(slot), GROUP, consumer, idleMs, '0-0', 'COUNT', count),
    ).catch(absent);
    return writesOf((reply as unknown[] | null)?.[1]);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#own.close();
  }

  #keys(name: string): string[] {
    const [value, fence] = entryKeys(this.options.namespace, name);
    return [value, fence, this.#stream(slotOf(value))];
  }

  #stream(slot: number): string {
    return streamKey(this.options.namespace, slotName(slot));
  }

  async #ask<T>(send: (client: Cluster) => Promise<T>): Promise<T> {
    const sent = this.#own.connected.then(() => {
      if (!this.#own.client) throw unavailable('it is not connected');
      return send(this.#own.client);
    });
    return this.#budget.limit(sent);
  }

  async #onMaster(name: string, script: string, args: (string | number)[]): Promise<unknown> {
    try {
      return await this.#ask((client) => this.#scripts.run(client, script, this.#keys(name), args));
    } catch (error) {
      throw asUnavailable(error);
    }
  }
}

/** A stream is there only while it has writes. */
function absent(error: Error): null {
  if (/^NOGROUP/.test(error.message)) return null;
  throw error;
}

/** What isn't a write of ours, or was removed meanwhile, is left where it is. */
function writesOf(reply: unknown): StreamWrite[] {
  const writes: StreamWrite[] = [];
  for (const item of Array.isArray(reply) ? reply : []) {
    const [id, fields] = (item ?? []) as [string, string[] | null];
    const [n, entry, k, key, r, row, v, json] = fields ?? [];
    if (n === 'n' && k === 'k' && r === 'r' && v === 'v') {
      writes.push({ id, entry: entry as string, key: key as string, row: row as string, json: json as string });
    }
  }
  return writes;
}
