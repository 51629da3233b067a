import type { Redis } from 'ioredis';
import type { RedisConnection } from '../connection/redis-connection';
import { type Replicated, runReplicated } from '../connection/run-script';
import { forPartOf, namesOfParts, SLOTS, slotOf } from '../shared/hash-slot';
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

/** Number of slots that are asked at once. */
const ASKED_AT_ONCE = 512;

/** Streams of queued writes: one in each slot that has any, beside its entries. */
export class Streams {
  readonly #connection: RedisConnection;
  readonly #maxQueued: number;
  #closed = false;
  /**
   * Keys of the sets of marked slots: one for each part of the slots, on the shard of most of them, so that a shard that is down
   * hides no slots of the others.
   */
  readonly marks: readonly string[];

  constructor(connection: RedisConnection, maxQueued: number) {
    this.#connection = connection;
    this.marks = namesOfParts(queuedSlotsKey(connection.namespace));
    this.#maxQueued = maxQueued;
  }

  /**
   * Queues a write, where `ifRow` is the row that is known, or '' to queue it whatever is known.
   *
   * @returns the script's reply, once one replica has the write, too, or 100 ms have passed.
   */
  enqueue(
    { entryName, key, row, json }: Omit<StreamWrite, 'id'>,
    ifRow: string,
    pinMs: number,
    ttlMs: number,
    entry: string,
  ): Promise<Replicated<string>> {
    const fields = ['n', entryName, 'k', key, 'r', row, 'v', json];
    const args = [row, pinMs, ttlMs, entry, this.#maxQueued, ifRow, ...fields];
    return runReplicated(this.#connection, ENQUEUE, this.#keys(entryName), args);
  }

  /** Removes writes whose row is in the database. */
  async acknowledge(entryName: string, row: string, version: string, fenceMs: number, ids: readonly string[]): Promise<void> {
    await runReplicated(this.#connection, ACKNOWLEDGE, this.#keys(entryName), [row, version, fenceMs, ...ids]);
  }

  /** Marks the slot of an entry as one that has writes, so that consumers needn't ask all slots. */
  async mark(entryName: string): Promise<void> {
    const slot = slotOf(this.#keys(entryName)[0]);
    const marks = forPartOf(slot, this.marks);
    await this.#ask(marks, (node) => node.sadd(marks, slot));
  }

  async unmark(slot: number): Promise<void> {
    const marks = forPartOf(slot, this.marks);
    await this.#ask(marks, (node) => node.srem(marks, slot));
  }

  /** Slots that one of the sets of {@link marks} has. */
  async marked(marks: string): Promise<number[]> {
    return (await this.#ask(marks, (node) => node.smembers(marks))).map(Number);
  }

  /** Slots that have writes, found by asking all of them. */
  async sweep(): Promise<number[]> {
    const found: number[] = [];
    for (let first = 0; first < SLOTS && !this.#closed; first += ASKED_AT_ONCE) {
      const slots = Array.from({ length: ASKED_AT_ONCE }, (_, i) => first + i);
      // A shard that doesn't answer keeps nobody from the others' writes.
      const asked = slots.map((slot) => this.#ask(this.#stream(slot), (node) => node.exists(this.#stream(slot))));
      const there = await Promise.allSettled(asked);
      found.push(...slots.filter((_, i) => (there[i] as { value?: number }).value === 1));
    }
    return found;
  }

  /** Writes that no consumer has read yet. */
  async read(slot: number, consumer: string, count: number): Promise<StreamWrite[]> {
    const reply = await this.#ask(this.#stream(slot), (node) =>
      node.xreadgroup('GROUP', GROUP, consumer, 'COUNT', count, 'STREAMS', this.#stream(slot), '>'),
    ).catch(absent);
    return writesOf((reply as [string, unknown][] | null)?.[0]?.[1]);
  }

  /** Writes that a consumer read, which failed or died `idleMs` ago; the first to claim them has them. */
  async claim(slot: number, consumer: string, idleMs: number, count: number): Promise<StreamWrite[]> {
    const reply = await this.#ask(this.#stream(slot), (node) =>
      node.xautoclaim(this.#stream(slot), GROUP, consumer, idleMs, '0-0', 'COUNT', count),
    ).catch(absent);
    return writesOf((reply as unknown[] | null)?.[1]);
  }

  /** Ends a sweep; the connection is its owner's. */
  close(): void {
    this.#closed = true;
  }

  #keys(entryName: string): [value: string, fence: string, stream: string] {
    const [value, fence] = entryKeys(this.#connection.namespace, entryName);
    return [value, fence, this.#stream(slotOf(value))];
  }

  #stream(slot: number): string {
    return streamKey(this.#connection.namespace, slotName(slot));
  }

  #ask<T>(key: string, send: (master: Redis) => Promise<T>): Promise<T> {
    return this.#connection.write(key, send);
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
