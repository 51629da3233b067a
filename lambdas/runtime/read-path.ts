import type { Clock } from './clock';
import { decodeEntry, type Entry, encodeEntry } from './envelope';
import { CacheError } from './errors';
import { type Flight, Flights } from './flights';
import type { MemoryTier } from './memory';
import type { Outcome } from './outcome';
import type { Semaphore } from './semaphore';
import type { SharedStore } from './shared';
import { type Capture, judge, type TagVersions } from './tags';
import { newToken } from './token';
import type { Loaded, VersionSource } from './versions/source';
import { laterVersion, type Version } from './versions/version';

/** What is asked for, and how long each tier may keep it. Times are milliseconds. */
export interface ReadRequest<T, Handle> {
  readonly key: string;
  readonly memoryTtlMs: number;
  readonly sharedTtlMs: number;
  readonly negativeTtlMs: number;
  /** The route's tags, filled in, then the namespace's. */
  readonly tags: readonly string[];
  /** Whether tag versions are read with every hit, rather than at most `tagTtl` before it. */
  readonly strictTags: boolean;
  /** Reads the value from the system of record; undefined where there is none. */
  readonly loader: (handle: Handle) => Promise<T | undefined>;
}

/** A value and what the read did. `value` is undefined for a negative entry. */
export interface Read<T> {
  readonly value: T | undefined;
  readonly outcome: Outcome;
}

/** A value in memory, with what is left of its entry in the shared tier. */
export interface Kept {
  readonly value: unknown;
  readonly loadedAt: number;
  readonly expiresAt: number;
}

export interface ReadPathOptions {
  /** How long a lease lasts, in milliseconds: the time after which another process may load what a dead one was loading. */
  readonly leaseMs: number;
  /** How long a read waits for somebody else's load, in milliseconds, before it loads without filling. */
  readonly waitMs: number;
  /** Largest entry that is stored, in characters. */
  readonly maxEntryLength: number;
}

/** What the read path works with. */
export interface ReadPathParts<Handle> {
  readonly memory: MemoryTier<Kept>;
  readonly shared: SharedStore | undefined;
  readonly tags: TagVersions | undefined;
  readonly source: VersionSource<Handle>;
  /** Bounds loads that no lease holds back. */
  readonly fallback: Semaphore;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Waits of a process for another's load: the first, how they grow, and the longest, in milliseconds. */
const FIRST_WAIT_MS = 10;
const WAIT_GROWTH = 1.6;
const LONGEST_WAIT_MS = 100;
/** TTLs are shortened by up to this share, so that entries filled together don't end together. */
const TTL_JITTER = 0.05;

/**
 * The read path, from top to bottom: memory, shared, the lease, the load, the fill. Every step that can't be taken leads to the load, so
 * that a cache that fails never fails a request.
 */
export class ReadPath<Handle> {
  readonly #looks = new Flights<Read<unknown> | 'miss' | 'down'>();
  readonly #loads = new Flights<Read<unknown>>();
  /** Raised by each purge of this process, so that a value read before it isn't kept after it. */
  #epoch = 0;

  constructor(
    private readonly parts: ReadPathParts<Handle>,
    private readonly options: ReadPathOptions,
  ) {}

  /** Forgets everything in memory; called with each purge of this process. */
  forget(): void {
    this.#epoch++;
    this.parts.memory.clear();
  }

  /** @throws what the loader throws. */
  async read<T>(request: ReadRequest<T, Handle>): Promise<Read<T>> {
    // 1. Memory. A copy keeps the clock of the entry it was made from.
    const kept = this.parts.memory.get(request.key, this.parts.clock.now());
    if (kept) return { value: kept.value as T, outcome: this.#outcome(request, 'memory', 'hit', kept) };

    for (;;) {
      // 2. A load of the key is under way in this process: its result is good for us if its fill is accepted after we asked.
      const loading = this.#loads.join(request.key);
      if (loading) {
        const landed = await loading;
        if (landed) return collapsed(landed);
        continue;
      }
      // 3. Shared: one look for all who ask in the same turn.
      const looking = this.#looks.join(request.key);
      const look = await (looking ?? this.#looks.start(request.key, (flight) => this.#look(request, flight)));
      if (look === undefined) continue;
      if (look !== 'miss' && look !== 'down') return looking ? collapsed(look) : (look as Read<T>);
      // 4. Miss: one load for all. Another read of this turn may have begun it.
      const joined = this.#loads.join(request.key);
      const read = await (joined ?? this.#loads.start(request.key, (flight) => this.#load(request, flight, look)));
      if (read) return joined ? collapsed(read) : (read as Read<T>);
    }
  }

  /** One `GET`, and in the same turn the tag versions that aren't known well enough. */
  async #look(request: ReadRequest<unknown, Handle>, flight: Flight): Promise<Read<unknown> | 'miss' | 'down'> {
    const { shared, tags, clock } = this.parts;
    if (!shared || !tags) return 'down';
    await undefined;
    flight.look();
    flight.close();
    const epoch = this.#epoch;
    const startedAt = clock.now();
    try {
      const [text, predicted] = await Promise.all([shared.get(request.key), tags.read(request.tags, request.strictTags)]);
      const entry = text === null ? undefined : decodeEntry(text);
      if (!entry || entry.header.expiresAt <= shared.now()) return 'miss';
      const marks = entry.header.tags;
      const same = marks.length === request.tags.length && marks.every((mark, i) => mark.tag === request.tags[i]);
      const current = same
        ? predicted
        : await tags.read(
            marks.map((mark) => mark.tag),
            request.strictTags,
          );
      if (judge(marks, current) !== 'fresh') return 'miss';
      return this.#hit(request, entry, startedAt, epoch);
    } catch (error) {
      if (error instanceof CacheError) return 'down';
      throw error;
    }
  }

  #hit(request: ReadRequest<unknown, Handle>, entry: Entry, startedAt: number, epoch: number): Read<unknown> {
    const kept = { value: entry.value, loadedAt: entry.header.loadedAt, expiresAt: entry.header.expiresAt };
    this.#keep(request, kept, entry.size, startedAt, epoch);
    return { value: entry.value, outcome: this.#outcome(request, 'shared', 'hit', kept) };
  }

  /** Asks for the lease until there is an entry, the lease is ours, or we have waited long enough. */
  async #load(request: ReadRequest<unknown, Handle>, flight: Flight, look: 'miss' | 'down'): Promise<Read<unknown>> {
    const { shared, tags, clock, random } = this.parts;
    await undefined;
    if (look === 'down' || !shared || !tags) return this.#bypass(request, flight, 'shared-unavailable');
    const token = newToken();
    const until = clock.now() + this.options.waitMs;
    let seenToken = '';
    let wait = FIRST_WAIT_MS;
    try {
      for (;;) {
        flight.look();
        const epoch = this.#epoch;
        const startedAt = clock.now();
        const lease = await shared.lease(request.key, token, this.options.leaseMs, seenToken);
        if (lease.kind === 'grant') return await this.#loadAndFill(request, flight, token, lease.minVersion);
        if (lease.kind === 'hit') {
          const entry = decodeEntry(lease.entry);
          if (!entry) await shared.discard(request.key);
          else {
            const current = await tags.read(
              entry.header.tags.map((mark) => mark.tag),
              true,
            );
            if (entry.header.expiresAt > shared.now() && judge(entry.header.tags, current) === 'fresh') {
              return this.#hit(request, entry, startedAt, epoch);
            }
            // Refused by its tags: whoever comes with this token may replace it.
            seenToken = entry.header.token;
          }
        }
        if (clock.now() >= until) return this.#bypass(request, flight, 'lease-wait');
        if (lease.kind === 'wait') {
          await clock.sleep(Math.min(lease.leftMs + 1, wait * (0.5 + random())));
          wait = Math.min(wait * WAIT_GROWTH, LONGEST_WAIT_MS);
        }
      }
    } catch (error) {
      if (error instanceof CacheError && error.code === 'E_SHARED_UNAVAILABLE')
        return this.#bypass(request, flight, 'shared-unavailable');
      throw error;
    }
  }

  /** The lease is ours: captures the tags, loads from a server that is far enough, and fills if nobody purged in between. */
  async #loadAndFill(
    request: ReadRequest<unknown, Handle>,
    flight: Flight,
    token: string,
    fence: Version | undefined,
  ): Promise<Read<unknown>> {
    const { shared, tags, source, clock } = this.parts;
    if (!shared || !tags) throw new CacheError('E_SHARED_UNAVAILABLE', 'a lease was granted by no store');
    const epoch = this.#epoch;
    const startedAt = clock.now();
    const loadedAt = shared.now();
    let captured: Capture;
    try {
      captured = await tags.capture(request.tags);
    } catch {
      // A tag's shard, or the primary that dates a new tag, can't answer: the value can be read, but not kept.
      await this.#release(request.key, token);
      return this.#bypass(request, flight, 'shared-unavailable');
    }
    let loaded: Loaded<unknown>;
    let json: string | undefined;
    try {
      const minVersion = laterVersion(fence, captured.minVersion);
      loaded = await source.load(request.loader, minVersion === undefined ? {} : { minVersion });
      json = loaded.value === undefined ? undefined : JSON.stringify(loaded.value);
    } catch (error) {
      await this.#release(request.key, token);
      throw error;
    }
    const { value, version } = loaded;
    const ttlMs = this.#ttl(value === undefined ? request.negativeTtlMs : request.sharedTtlMs);
    const kept: Kept = { value, loadedAt, expiresAt: loadedAt + ttlMs };
    const loadMs = clock.now() - startedAt;
    const entry = encodeEntry({ token, version, loadedAt, expiresAt: kept.expiresAt, loadMs, tags: captured.marks }, json);
    const miss = this.#outcome(request, 'database', 'miss', kept);
    if (!loaded.fillable || entry.length > this.options.maxEntryLength) {
      await this.#release(request.key, token);
      return { value, outcome: { ...miss, ttlSeconds: 0, reason: loaded.fillable ? 'too-large' : 'unfillable' } };
    }
    // A joiner may take the value only if the fill is accepted after it asked, and if its tags are still the captured ones then.
    flight.close();
    flight.shareWithNone();
    try {
      const [filled, current] = await Promise.all([
        shared.fill(request.key, token, loaded.origin === 'replica' ? version : undefined, ttlMs, entry),
        flight.joined > 0 ? tags.read(request.tags, true) : undefined,
      ]);
      if (!filled) return { value, outcome: { ...miss, ttlSeconds: 0, reason: 'fill-rejected' } };
      if (!current || judge(captured.marks, current) === 'fresh') flight.shareWithAll();
      this.#keep(request, kept, entry.length, startedAt, epoch);
      return { value, outcome: { ...miss, stored: true } };
    } catch (error) {
      if (error instanceof CacheError) return { value, outcome: { ...miss, reason: 'shared-unavailable' } };
      throw error;
    }
  }

  /** Loads from the primary and fills nothing but memory, a few at a time. Good for whoever asked before the load began. */
  async #bypass(
    request: ReadRequest<unknown, Handle>,
    flight: Flight,
    reason: 'shared-unavailable' | 'lease-wait',
  ): Promise<Read<unknown>> {
    const { source, fallback, clock } = this.parts;
    flight.shareWithNone();
    return fallback.run(async () => {
      // No lease holds these loads back, so everyone who asked in this turn is let on board.
      await new Promise((resolve) => setImmediate(resolve));
      flight.look();
      flight.close();
      const epoch = this.#epoch;
      const startedAt = clock.now();
      const loaded = await source.load(request.loader, { primaryOnly: true });
      const now = this.parts.shared?.now() ?? clock.now();
      const kept: Kept = {
        value: loaded.value,
        loadedAt: now,
        expiresAt: now + (loaded.value === undefined ? request.negativeTtlMs : request.sharedTtlMs),
      };
      if (loaded.fillable) this.#keep(request, kept, sizeOf(loaded.value), startedAt, epoch);
      return { value: loaded.value, outcome: { ...this.#outcome(request, 'database', 'bypass', kept), reason } };
    });
  }

  /** Memory's TTL counts from before the value was asked for; a purge of this process in between keeps it out. */
  #keep(request: ReadRequest<unknown, Handle>, kept: Kept, size: number, startedAt: number, epoch: number): void {
    if (request.memoryTtlMs <= 0 || epoch !== this.#epoch) return;
    const left = kept.expiresAt - (this.parts.shared?.now() ?? this.parts.clock.now());
    if (left > 0)
      this.parts.memory.set(request.key, kept, size, Math.min(startedAt + request.memoryTtlMs, this.parts.clock.now() + left));
  }

  async #release(key: string, token: string): Promise<void> {
    await this.parts.shared?.release(key, token).catch(() => {});
  }

  #ttl(milliseconds: number): number {
    return Math.max(1, Math.floor(milliseconds * (1 - TTL_JITTER * this.parts.random())));
  }

  #outcome(request: ReadRequest<unknown, Handle>, tier: Outcome['tier'], status: Outcome['status'], kept: Kept): Outcome {
    const now = this.parts.shared?.now() ?? this.parts.clock.now();
    return {
      tier,
      status,
      collapsed: false,
      stored: false,
      ageSeconds: Math.max(0, Math.floor((now - kept.loadedAt) / 1000)),
      ttlSeconds: Math.max(0, Math.floor((kept.expiresAt - now) / 1000)),
      tags: request.tags,
    };
  }
}

function collapsed<T>(read: Read<unknown>): Read<T> {
  return { value: read.value as T, outcome: { ...read.outcome, collapsed: true, stored: false } };
}

function sizeOf(value: unknown): number {
  return value === undefined ? 0 : (JSON.stringify(value)?.length ?? 0);
}
