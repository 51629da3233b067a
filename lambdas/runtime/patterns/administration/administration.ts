import type { Cluster, Redis } from 'ioredis';
import { checkText } from '../../arguments';
import { type Clock, monotonicNow, systemClock } from '../../clock';
import { newBudget } from '../../connection/budget';
import { nodeOf } from '../../connection/redis-client';
import type { RedisConnection } from '../../connection/redis-connection';
import { readCommand } from '../../connection/run-script';
import { EXPIRED, FIRST_FIELD, FLAG_AT, FORMAT, JSON_FORMAT, NEGATIVE, ROW_END, ROW_START } from '../../entry/format';
import { asUnavailable, invalid, unavailable } from '../../errors';
import { slotOf } from '../../shared/hash-slot';
import { entryKeys, tagKey } from '../../shared/redis-keys';
import { parseTag } from '../../shared/redis-store';
import { PURGE_KEY } from '../../shared/scripts';
import type { PurgeMode } from '../../shared/shared-store';
import type { Version } from '../../versions/version';
import { type ShardStats, shardStats } from './info';

export type { ShardStats } from './info';

/** Options of an Administration. */
export interface AdministrationOptions {
  /** Connection to the tier that is administered. */
  readonly connection: RedisConnection;
  /**
   * Clock; for tests.
   * @default - the system clock
   */
  readonly clock?: Clock;
}

/** Tag of an entry. */
export interface TagReport {
  /** Its name; those that begin with `*` are of all entries, or of all of a namespace. */
  readonly tag: string;
  /** `current`, or what a purge of it has made of the entry. */
  readonly state: 'current' | 'expired' | 'deleted';
}

/** Entry of the shared tier, as it is there. */
export interface EntryReport {
  /** Name of the entry. */
  readonly name: string;
  /** Slot of the cluster. */
  readonly slot: number;
  /** Number of the shard that has it, by the order of the slots. */
  readonly shard: number;
  /**
   * State for a reader now: `negative` where it says that there is no value, `deleted` where a purge of a tag made it a miss, and
   * `unreadable` where it isn't of the library's format.
   */
  readonly state: 'fresh' | 'stale' | 'negative' | 'deleted' | 'absent' | 'unreadable';
  /** Milliseconds since its load began. @default - it is absent */
  readonly ageMs?: number;
  /** Milliseconds until the tier forgets it. @default - it is absent */
  readonly ttlMs?: number;
  /** Bytes that it takes, as the server counts them. @default - it is absent */
  readonly bytes?: number;
  /** Letter of its format: `j` for JSON, `n` for a negative entry, others of codecs. @default - it is absent */
  readonly codec?: string;
  /** Version up to which it contains every write. @default - it is absent, or its source claims none */
  readonly version?: string;
  /** Version of its row. @default - it is of no row */
  readonly row?: string;
  /** Duration of its load, in milliseconds. @default - it is absent */
  readonly loadMs?: number;
  /** Its tags. @default - it is absent */
  readonly tags?: readonly TagReport[];
  /** Fields of its fence: lease, least version, intents of writers. @default - it has none */
  readonly fence?: Readonly<Record<string, string>>;
  /** Its value. @default - it wasn't asked for, or isn't JSON */
  readonly value?: unknown;
}

/** Page of names. */
export interface KeysPage {
  /** Names of entries, in no order; one may come twice while slots move. */
  readonly names: readonly string[];
  /** Place to go on at. @default - that was all */
  readonly cursor?: string;
}

/** Entries whose names match a pattern. */
export interface FoundEntries {
  /** Their names. */
  readonly names: readonly string[];
  /** False where there are more than were asked for, or the time was too short to look at all. */
  readonly complete: boolean;
}

/** Names that one call of SCAN looks at: well below a millisecond of the server's time. */
const SCANNED = 1000;

/** Rest between two calls of SCAN on one shard, in milliseconds, so that it takes a twentieth of the server's time at most. */
const REST_MS = 10;

/** Names from which on a page is full. */
const PAGE = 250;

/** Time in which a search looks at a shard, in milliseconds: some two million names. */
const SEARCH_MS = 15_000;

/** Life of a fence after a purge, in milliseconds, as a cache has it by default. */
const FENCE_MS = 60_000;

/** Purges that are on their way at once. */
const AT_ONCE = 50;

const budget = newBudget(1000, () => unavailable('no answer within a second'));

/**
 * A look at what is in the shared tier, and purges of entries there by name. It sees the entries of one namespace alone, and
 * never the state of patterns; names are found by SCAN, a shard at a time and paced.
 */
export class Administration {
  readonly #connection: RedisConnection;
  readonly #clock: Clock;

  constructor({ connection, clock = systemClock }: AdministrationOptions) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** State of each shard; one that doesn't answer is left out. @throws {CacheError} `E_SHARED_UNAVAILABLE` where none does. */
  async stats(): Promise<ShardStats[]> {
    const client = await this.#connection.client();
    const asked = mastersOf(client).map(async (address, shard) => this.#info(nodeAt(client, address), shard));
    const answers = await Promise.allSettled(asked);
    const stats = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed && stats.length === 0) throw asUnavailable(failed.reason);
    return stats;
  }

  /**
   * State of one entry.
   *
   * @param name name of the entry, as {@link keys} lists it.
   * @param options.value true for its value too.
   * @throws {CacheError} `E_INVALID_ARGUMENT`, `E_SHARED_UNAVAILABLE`.
   */
  async inspect(name: string, options: { readonly value?: boolean } = {}): Promise<EntryReport> {
    checkText('name', name, /^[!-z|~]{1,600}$/, 'the name of an entry, printable ASCII without blanks and braces');
    const [key, fenceKey] = entryKeys(this.#connection.namespace, name);
    const read = <T>(of: string, command: (node: Redis) => Promise<T>) => readCommand(this.#connection, of, command);
    const [text, ttlMs, fields, client] = await Promise.all([
      read(key, (node) => node.get(key)),
      read(key, (node) => node.pttl(key)),
      read(fenceKey, (node) => node.hgetall(fenceKey)),
      this.#connection.client(),
    ]);
    const slot = slotOf(key);
    const shard = mastersOf(client).indexOf(client.slots[slot]?.[0] ?? '');
    const fence = Object.keys(fields).length > 0 ? { fence: fields } : {};
    if (text === null) return { name, slot, shard, state: 'absent', ...fence };
    const bytes = await read(key, (node) => node.memory('USAGE', key));
    const known = { name, slot, shard, ttlMs, bytes: bytes ?? text.length, ...fence };
    const end = text.indexOf('\n');
    const [version = '', loadedAt, freshUntil, , loadMs, ...marks] = text.slice(FIRST_FIELD, end).split(' ');
    if (!text.startsWith(FORMAT) || end < 0 || marks.length % 3 !== 0) return { ...known, state: 'unreadable' };
    const tags = await Promise.all(
      Array.from({ length: marks.length / 3 }, (_, i) => this.#tag(marks.slice(3 * i, 3 * i + 3) as [string, string, string])),
    );
    const now = this.#connection.now();
    const codec = text[FORMAT.length] as string;
    const row = text.slice(ROW_START, ROW_END + 1);
    const isStale = text[FLAG_AT] === EXPIRED || now >= Number(freshUntil) || tags.some(({ state }) => state === 'expired');
    const live = codec === NEGATIVE ? 'negative' : isStale ? 'stale' : 'fresh';
    return {
      ...known,
      state: tags.some(({ state }) => state === 'deleted') ? 'deleted' : live,
      ageMs: now - Number(loadedAt),
      codec,
      ...(version !== '-' && { version }),
      ...(!row.startsWith('-') && { row }),
      loadMs: Number(loadMs),
      tags,
      ...(options.value && codec === JSON_FORMAT && { value: JSON.parse(text.slice(end + 1)) as unknown }),
    };
  }

  /**
   * A page of entries' names, one shard after the other.
   *
   * @param pattern glob of Redis, such as `place/1/4*`.
   * @param cursor of the page before.
   * @throws {CacheError} `E_INVALID_ARGUMENT`, `E_SHARED_UNAVAILABLE`.
   */
  async keys(pattern: string, cursor = '0-0'): Promise<KeysPage> {
    const match = this.#match(pattern);
    checkText('cursor', cursor, /^\d{1,4}-\d{1,20}$/, 'that of a page');
    let [shard, at] = cursor.split('-') as [number | string, string];
    const client = await this.#connection.client();
    const masters = mastersOf(client);
    const names: string[] = [];
    const ends = monotonicNow() + 1000;
    for (shard = Number(shard); shard < masters.length; shard++, at = '0') {
      do {
        const [next, found] = await scan(nodeAt(client, masters[shard]), at, match);
        names.push(...found.map((key) => this.#name(key)));
        at = next;
        if (at !== '0' && (names.length >= PAGE || monotonicNow() > ends)) return { names, cursor: `${shard}-${at}` };
        await this.#clock.sleep(REST_MS);
      } while (at !== '0');
      if (names.length >= PAGE && shard + 1 < masters.length) return { names, cursor: `${shard + 1}-0` };
    }
    return { names };
  }

  /**
   * Names of the entries that match a pattern, of all shards at once.
   *
   * @param most number beyond which it stops.
   * @throws as {@link keys}.
   */
  async find(pattern: string, most: number): Promise<FoundEntries> {
    const match = this.#match(pattern);
    const names = new Set<string>();
    const ends = monotonicNow() + SEARCH_MS;
    const client = await this.#connection.client();
    const search = async (address: string): Promise<boolean> => {
      const node = nodeAt(client, address);
      let cursor = '0';
      do {
        const [next, found] = await scan(node, cursor, match);
        for (const key of found) names.add(this.#name(key));
        cursor = next;
        if (names.size > most || (cursor !== '0' && monotonicNow() > ends)) return false;
        await this.#clock.sleep(REST_MS);
      } while (cursor !== '0');
      return true;
    };
    const searched = await Promise.all(mastersOf(client).map(search));
    return { names: [...names].slice(0, most), complete: searched.every(Boolean) };
  }

  /**
   * Purges entries by name, in the shared tier alone.
   *
   * @param version the primary's, from before it was called.
   * @throws {CacheError} `E_SHARED_UNAVAILABLE`: it may be repeated.
   */
  async purgeEntries(names: readonly string[], version: Version, mode: PurgeMode = 'delete'): Promise<void> {
    for (let i = 0; i < names.length; i += AT_ONCE) {
      const some = names.slice(i, i + AT_ONCE).map((name) => entryKeys(this.#connection.namespace, name));
      await Promise.all(some.map((keys) => this.#connection.purge(PURGE_KEY, keys, version, FENCE_MS, mode, '', '~')));
    }
  }

  async #info(node: Redis, shard: number): Promise<ShardStats> {
    return shardStats(shard, await budget.limit(node.info()));
  }

  async #tag([tag, deleted, expired]: [string, string, string]): Promise<TagReport> {
    const key = tagKey(this.#connection.namespace, tag);
    const now = parseTag(await readCommand(this.#connection, key, (node) => node.get(key)));
    // One that the tier has forgotten makes a miss, too.
    if (now?.deleted !== deleted) return { tag, state: 'deleted' };
    return { tag, state: now.expired === expired ? 'current' : 'expired' };
  }

  /** Glob of the keys of entries. What the namespace has of its signs stands for itself. */
  #match(pattern: string): string {
    checkText('pattern', pattern, /^[!-z|~]{1,200}$/, 'at most 200 of printable ASCII without blanks and braces');
    if (/^[*?]*$/.test(pattern)) throw invalid(`'pattern' must name something, got: '${pattern}'; purge everything instead`);
    const [key] = entryKeys(this.#connection.namespace.replace(/[*?[\]\\^]/g, '\\$&'), pattern);
    return key;
  }

  #name(key: string): string {
    return key.slice(`${this.#connection.namespace}:v:{`.length, -1);
  }
}

/** Addresses of the masters, in the order of their slots. */
const mastersOf = ({ slots }: Cluster): string[] => [...new Set(slots.flatMap((owners) => owners?.[0] ?? []))];

/** Connection to a master; without one, nobody says that there is nothing on it. @throws {CacheError} `E_SHARED_UNAVAILABLE` */
function nodeAt(client: Cluster, address: string | undefined): Redis {
  const node = nodeOf(client, address);
  if (!node) throw unavailable(`the master '${address}' isn't connected`);
  return node;
}

/** @throws {CacheError} `E_SHARED_UNAVAILABLE`, also where the connection ends meanwhile */
async function scan(node: Redis, cursor: string, match: string): Promise<[cursor: string, keys: string[]]> {
  try {
    return await budget.limit(node.scan(cursor, 'MATCH', match, 'COUNT', SCANNED));
  } catch (error) {
    throw asUnavailable(error);
  }
}
