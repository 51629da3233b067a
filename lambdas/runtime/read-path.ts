import type { Clock } from './clock';
import { type Copy, give, type Kept, type Landed, land, newHeader, newKept, type Read, unkept } from './entry/cached-value';
import { entryState, isServable, type TagVerdict } from './entry/entry-state';
import { decodeEntry, detached, type Entry, encodeEntry, type TagMark } from './entry/envelope';
import { CacheError } from './errors';
import { valueText } from './json-value';
import { Hints } from './load/hints';
import { renewLease } from './load/lease-renewal';
import { Flight, Flights } from './load/single-flight';
import { claimedVersion, runLoader, type TaggedLoad, taggedLoad } from './load/tagged-load';
import { LoadNotes } from './loader';
import type { Purged } from './memory/backplane';
import type { Space } from './memory/entry-table';
import { MemoryFence } from './memory/memory-fence';
import type { Policy } from './policy';
import type { Asked, ReadPathOptions, ReadPathParts } from './read-path-parts';
import { type EntryRef, type ReadRequest, satisfies } from './read-request';
import type { Tag } from './shared/shared-store';
import { type Capture, declaredTags, judge, type TagVersions } from './tags';
import { readAttributes, traced } from './telemetry/tracing';
import { newToken } from './token';
import { laterVersion, type Version } from './versions/version';

/** What a look found. */
type Look = Copy | 'miss' | 'down';

/** Waits of a process for another's load: the first, how they grow, and the longest, in milliseconds. */
const FIRST_WAIT_MS = 10;
const WAIT_GROWTH = 1.6;
const LONGEST_WAIT_MS = 100;
/** Bounds of a lease whose load's duration is known, in milliseconds. */
const SHORTEST_LEASE_MS = 500;
const LONGEST_LEASE_MS = 10_000;

/**
 * The read path, from top to bottom: memory, shared, the lease, the load, the fill. Every step that can't be taken leads to the load, so
 * that a cache that fails never fails a request.
 */
export class ReadPath<Handle> {
  readonly #looks = new Flights<Look>();
  readonly #loads = new Flights<Landed>();
  readonly #fence = new MemoryFence();
  readonly #hints = new Hints();
  /** Keys that this process is loading anew, while others get the copy. */
  readonly #refreshing = new Map<string, Promise<Landed>>();

  readonly #parts: ReadPathParts<Handle>;
  /** By themselves for {@link recall}. */
  readonly #clock: Clock;
  readonly #memory: ReadPathParts<Handle>['memory'];
  readonly #options: ReadPathOptions;

  constructor(parts: ReadPathParts<Handle>, options: ReadPathOptions) {
    this.#parts = parts;
    this.#clock = parts.clock;
    this.#memory = parts.memory;
    this.#options = options;
  }

  /** Forgets one entry in memory, or everything; called with each purge. */
  forget(entry?: EntryRef): void {
    this.#raise(entry?.key);
    if (entry === undefined) this.#parts.memory.clear();
    else this.#parts.memory.delete(entry.memoryKey, entry.space);
  }

  /** As {@link forget}, once the purge holds in the shared tier: others are to forget it, too. */
  purged(entry?: EntryRef, tags?: readonly string[]): void | Promise<void> {
    this.forget(entry);
    return this.#parts.bus?.publish(entry ? { key: entry.key, memoryKey: entry.memoryKey } : tags ? { tags } : {});
  }

  /** Another process has purged something, or messages of others were missed. */
  hear({ key, memoryKey, tags }: Purged = {}): void {
    if (key === undefined || memoryKey === undefined) {
      this.#parts.tags?.forget(tags);
      this.forget();
    } else {
      this.#raise(key);
      this.#parts.memory.deleteEverywhere(memoryKey);
    }
  }

  /** What was asked for before is not kept, of one key or of all. */
  #raise(key: string | undefined): void {
    this.#fence.raise(key);
    this.#parts.hotKeys?.purged(key, this.#parts.clock.now());
  }

  /** Resolves once nothing is being loaded in the background. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#refreshing.values());
  }

  /** What is cached and may be served, without a load. */
  async find<T>(request: ReadRequest<T, Handle>): Promise<Read<T> | undefined> {
    const remembered = this.#remembered(request);
    if (remembered) return remembered;
    const look = await this.#look(request, Flight.alone());
    return typeof look === 'object' && isServable(look.state) ? give(request.policy, look) : undefined;
  }

  /** @throws what the loader throws. */
  read<T>(request: ReadRequest<T, Handle>): Promise<Read<T>> {
    return traced('cache.read', () => this.#read(request), readAttributes);
  }

  async #read<T>(request: ReadRequest<T, Handle>): Promise<Read<T>> {
    const { key, slot, policy, ticket } = request;
    // 1. Memory.
    const remembered = this.#remembered(request);
    if (remembered) return remembered;

    // Readers with a ticket fly apart: what is good for others may be too old for them.
    const name = ticket?.latest ? `${key} ${ticket.encode()}` : key;
    for (;;) {
      // 2. A load of the key is under way in this process: its result is good for us if its fill is accepted after we asked.
      const loading = this.#loads.join(slot, name);
      if (loading) {
        const landed = await loading;
        if (landed) return give(policy, landed, true);
        continue;
      }
      // 3. Shared: one look for all who ask in the same turn.
      const looking = this.#looks.join(slot, name);
      const look = await (looking ?? this.#looks.start(slot, name, (flight) => this.#look(request, flight)));
      if (look === undefined) continue;
      const copy = typeof look === 'object' ? look : undefined;
      if (copy && isServable(copy.state)) {
        // 4. A value that is stale, or about to be, is loaded anew by one reader; the others get it as it is.
        if (copy.state === 'fresh' || looking || this.#refreshing.has(key)) return give(policy, copy, looking !== undefined);
        const refresh = this.#refresh(request, copy).finally(() => this.#refreshing.delete(key));
        this.#refreshing.set(key, refresh);
        return give(policy, this.#options.background ? copy : await refresh);
      }
      // 5. Miss: one load for all. Another read of this turn may have begun it.
      const joined = this.#loads.join(slot, name);
      try {
        const landed = await (joined ??
          this.#loads.start(slot, name, (flight) => this.#load(request, flight, look).finally(() => flight.close())));
        if (landed) return give(policy, landed, joined !== undefined);
      } catch (error) {
        if (copy?.state !== 'spare') throw error;
        return give(policy, land(copy.kept, this.#now(), 'shared', 'stale', 'load-failed'));
      }
    }
  }

  /** A hit in memory. It keeps the clock of the entry that it was made from. */
  #remembered<T>(request: ReadRequest<T, Handle>): Read<T> | undefined {
    const kept = this.recall(request.memoryKey, request.space, request.policy);
    return kept && satisfies(request, kept) ? give(request.policy, land(kept, this.#now(), 'memory', 'hit')) : undefined;
  }

  /** What memory has, where it may be served as fresh. */
  recall(memoryKey: string, space: Space, policy: Policy): Kept | undefined {
    if (policy.memoryTtlMs === 0) return undefined;
    const now = this.#clock.now();
    const kept = this.#memory.get(memoryKey, now, space);
    // Only where memory is the only tier does it keep what is to be loaded anew; elsewhere the clock needn't be asked twice.
    if (policy.sharedTtlMs > 0 || kept === undefined) return kept;
    return kept.refreshAt > (this.#parts.shared?.now() ?? now) ? kept : undefined;
  }

  /** One `GET`, and in the same turn the tag versions that aren't known well enough. */
  async #look(request: ReadRequest<unknown, Handle>, flight: Flight): Promise<Look> {
    const { shared, tags, clock, memory, hotKeys } = this.#parts;
    const { key, slot, policy } = request;
    try {
      if (policy.sharedTtlMs === 0) {
        const kept = memory.get(request.memoryKey, clock.now(), request.space);
        return kept && satisfies(request, kept) ? this.#copy(request, kept, { expired: false, tags: 'fresh' }, '') : 'miss';
      }
      if (!shared || !tags) return 'down';
      await undefined;
      flight.share();
      flight.close();
      const asked = this.#asks(request);
      const names = this.#hints.get(key)?.tags ?? request.tags;
      const known = policy.strictTags ? undefined : tags.known(names, asked.at);
      const getting = hotKeys?.get(request, shared, asked.at) ?? shared.get(key, slot);
      // Without a second promise in the usual case: it would cost as much as the rest of the judgement.
      const [text, versions] = known ? [await getting] : await Promise.all([getting, tags.read(names, policy.strictTags)]);
      const entry = text === null ? undefined : decodeEntry(text, this.#parts.codec, known);
      if (!entry) return 'miss';
      // The usual hit: the entry has the tags that it should have, as they are now.
      if (known && entry.header.tags === known.marks) return this.#land(request, entry, asked, flight, known.declared, 'fresh');
      return await this.#examine(request, entry, asked, flight, tags, versions && { names, versions });
    } catch (error) {
      if (error instanceof CacheError) return 'down';
      throw error;
    } finally {
      flight.close();
    }
  }

  /** Judges an entry by its times, its tags and the reader's ticket. */
  async #examine(
    request: ReadRequest<unknown, Handle>,
    entry: Entry,
    asked: Asked,
    flight: Flight,
    tags: TagVersions,
    known?: { readonly names: readonly string[]; readonly versions: readonly (Tag | undefined)[] },
  ): Promise<Copy> {
    const { strictTags } = request.policy;
    const marks = entry.header.tags;
    const names = known && sameTags(marks, known.names) ? known.names : marks.map(({ tag }) => detached(tag));
    let verdict = judge(marks, names === known?.names ? known.versions : await tags.read(names, strictTags));
    // What this process remembers of a tag may be older than the entry, so nothing is refused by it.
    if (verdict !== 'fresh' && !strictTags) verdict = judge(marks, await tags.read(names, true));
    return this.#land(request, entry, asked, flight, declaredTags(names), verdict);
  }

  /** What an entry is for this reader; memory keeps it where it is fresh. */
  #land(
    request: ReadRequest<unknown, Handle>,
    entry: Entry,
    asked: Asked,
    flight: Flight,
    tags: readonly string[],
    verdict: TagVerdict,
  ): Copy {
    const { policy } = request;
    const alone = flight.joined === 0 && policy.memoryTtlMs === 0;
    // Not asked for in vain: in another format than JSON it is made then.
    const content = { value: entry.value, json: policy.share === 'copy' ? entry.json : undefined, tags, alone };
    // Memory would keep the whole text of an entry for the few characters of it that are its version.
    const header = policy.memoryTtlMs > 0 ? { ...entry.header, version: detached(entry.header.version) } : entry.header;
    const kept = newKept(header, content, policy, this.#parts.random);
    const copy = this.#copy(request, kept, { expired: entry.expired, tags: verdict }, entry.header.token);
    if (copy.state === 'fresh') this.#keep(request, kept, entry.size, asked);
    return copy;
  }

  #copy(request: ReadRequest<unknown, Handle>, kept: Kept, purged: Parameters<typeof entryState>[1], token: string): Copy {
    const now = this.#now();
    const state = satisfies(request, kept) ? entryState(kept, purged, request.policy, now, kept.refreshAt) : 'gone';
    const status = state === 'fresh' || state === 'early' ? 'hit' : 'stale';
    const { outcome } = land(kept, now, token === '' ? 'memory' : 'shared', status);
    return { kept, outcome, state, token };
  }

  /** Loads a value anew that can still be served: the lease decides among processes, and who doesn't get it serves the copy. */
  async #refresh(request: ReadRequest<unknown, Handle>, copy: Copy): Promise<Landed> {
    const { shared } = this.#parts;
    try {
      if (request.policy.sharedTtlMs === 0) return await this.#loadForMemory(request, Flight.alone());
      const token = newToken();
      const lease = await shared?.lease(request.key, token, this.#leaseMs(copy.kept.loadMs), copy.token);
      if (lease?.kind === 'grant') return await this.#loadAndFill(request, Flight.alone(), token, lease.minVersion, copy);
      return copy;
    } catch (error) {
      const down = error instanceof CacheError && error.code === 'E_SHARED_UNAVAILABLE';
      return { ...copy, outcome: { ...copy.outcome, reason: down ? 'shared-unavailable' : 'load-failed' } };
    }
  }

  /** Asks for the lease until there is an entry, the lease is ours, or we have waited long enough. */
  async #load(request: ReadRequest<unknown, Handle>, flight: Flight, look: Look): Promise<Landed> {
    const { shared, tags, clock, random } = this.#parts;
    await undefined;
    if (request.policy.sharedTtlMs === 0) return this.#loadForMemory(request, flight);
    if (look === 'down' || !shared || !tags) return this.#bypass(request, flight, 'shared-unavailable');
    const token = newToken();
    const seen = typeof look === 'object' ? look : undefined;
    const leaseMs = this.#leaseMs(seen?.kept.loadMs ?? this.#hints.get(request.key)?.loadMs);
    const until = clock.now() + this.#options.waitMs;
    let seenToken = seen?.token ?? '';
    let wait = FIRST_WAIT_MS;
    try {
      for (;;) {
        flight.share();
        const asked = this.#asks(request);
        const lease = await shared.lease(request.key, token, leaseMs, seenToken);
        if (lease.kind === 'grant') return await this.#loadAndFill(request, flight, token, lease.minVersion, seen);
        if (lease.kind === 'bypass') return this.#bypass(request, flight, 'write-intent');
        if (lease.kind === 'hit') {
          const entry = decodeEntry(lease.entry, this.#parts.codec);
          if (entry) {
            const copy = await this.#examine(request, entry, asked, flight, tags);
            if (isServable(copy.state)) return copy;
            // Refused: whoever comes with this token may replace it.
            seenToken = copy.token;
          } else await shared.discard(request.key);
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
    seen: Copy | undefined,
  ): Promise<Landed> {
    const { shared, tags, source, clock } = this.#parts;
    if (!shared || !tags) return this.#bypass(request, flight, 'shared-unavailable');
    const { key, ticket } = request;
    const release = () => shared.release(key, token).catch(() => {});
    const asked = this.#asks(request);
    const loadedAt = shared.now();
    let captured: Capture;
    try {
      const predicted = seen?.kept.tags ?? this.#hints.get(key)?.tags ?? [];
      captured = await tags.capture([...new Set([...request.tags, ...predicted])]);
    } catch {
      // A tag's shard, or the primary that dates a new tag, can't answer: the value can be read, but not kept.
      await release();
      return this.#bypass(request, flight, 'shared-unavailable');
    }
    const renewal = this.#options.background
      ? renewLease(shared, clock, key, token, this.#leaseMs(seen?.kept.loadMs))
      : undefined;
    try {
      const least = laterVersion(fence, ticket?.latest);
      const load = await taggedLoad({ tags, source }, request, captured, least).finally(renewal);
      // A joiner may take the value only if the fill is accepted after it asked, and if its tags are still the captured ones then.
      flight.close();
      const { header, kept, json } = this.#loaded(request, flight, load, loadedAt, asked);
      const entry = encodeEntry({ ...header, token, tags: load.marks }, json, this.#parts.codec);
      const miss = land(kept, this.#now(), 'database', 'miss');
      this.#hints.set(key, { tags: load.tags, loadMs: header.loadMs }, request.tags.length, this.#options.leaseMs / 3);
      await tags.notice(load.loaded.version).catch(() => {});
      const refusal = load.refusal ?? (entry.length > this.#options.maxEntryLength ? 'too-large' : undefined);
      if (refusal || header.freshUntil <= loadedAt) {
        await release();
        return unkept(miss, refusal);
      }
      flight.shareWithNone();
      try {
        const version = load.loaded.origin === 'replica' ? load.loaded.version : undefined;
        const [filled, current] = await Promise.all([
          shared.fill(key, token, version, header.expiresAt - loadedAt, entry),
          flight.joined > 0 ? tags.read(load.tags, true) : undefined,
        ]);
        if (!filled) return unkept(miss, 'fill-rejected');
        if (!current || judge(load.marks, current) === 'fresh') flight.share();
        this.#keep(request, kept, Math.max(entry.length, json?.length ?? 0), asked);
        return { kept, outcome: { ...miss.outcome, stored: true } };
      } catch (error) {
        if (error instanceof CacheError) return { kept, outcome: { ...miss.outcome, reason: 'shared-unavailable' } };
        throw error;
      }
    } catch (error) {
      // While a stale copy can be served the lease is left to end by itself, so that a source in trouble isn't asked by every reader.
      if (seen?.state !== 'stale') await release();
      throw error;
    }
  }

  /** Loads from the primary and fills nothing but memory, a few at a time. Good for whoever asked before the load began. */
  async #bypass(
    request: ReadRequest<unknown, Handle>,
    flight: Flight,
    reason: 'shared-unavailable' | 'lease-wait' | 'write-intent',
  ): Promise<Landed> {
    flight.shareWithNone();
    return this.#parts.fallback.run(async () => {
      // No lease holds these loads back, so everyone who asked in this turn is let on board.
      await new Promise((resolve) => setImmediate(resolve));
      flight.share();
      flight.close();
      const landed = await this.#loadPlainly(request, flight, 'bypass', reason !== 'write-intent');
      return { ...landed, outcome: { ...landed.outcome, reason } };
    });
  }

  /** Memory is the only tier of the namespace: no other process is asked, and a purge of this one refuses joiners. */
  async #loadForMemory(request: ReadRequest<unknown, Handle>, flight: Flight): Promise<Landed> {
    flight.share();
    const { mark } = this.#asks(request);
    const landed = await this.#loadPlainly(request, flight, 'miss', true);
    if (mark === this.#fence.mark(request.key)) flight.share();
    return landed;
  }

  /** A load without a lease. */
  async #loadPlainly(
    request: ReadRequest<unknown, Handle>,
    flight: Flight,
    status: 'miss' | 'bypass',
    keep: boolean,
  ): Promise<Landed> {
    const { loader, ticket, tags } = request;
    const asked = this.#asks(request);
    const loadedAt = this.#now();
    const notes = new LoadNotes(request.memoryKey);
    const minVersion = ticket?.latest;
    const from = status === 'bypass' ? { primaryOnly: true } : minVersion ? { minVersion } : {};
    const loaded = await runLoader(this.#parts.source, loader, notes, from);
    const load = { loaded, version: notes.atMost(loaded.version), tags: [...new Set([...tags, ...notes.tags])] };
    const { kept, json } = this.#loaded(request, flight, load, loadedAt, asked);
    const landed = land(kept, this.#now(), 'database', status);
    if (!loaded.fillable || !keep) return unkept(landed, loaded.fillable ? undefined : 'unfillable');
    this.#keep(request, kept, json?.length ?? 0, asked);
    return landed;
  }

  /** What a load found, as an entry says it and as this process keeps it. */
  #loaded(
    { key, policy, ticket }: ReadRequest<unknown, Handle>,
    flight: Flight,
    load: Pick<TaggedLoad, 'loaded' | 'version' | 'tags'>,
    loadedAt: number,
    asked: Asked,
  ) {
    const { clock, random } = this.#parts;
    const { value } = load.loaded;
    const json = valueText(key, value);
    const header = newHeader(policy, value, claimedVersion(load, ticket), loadedAt, clock.now() - asked.at, random);
    const alone = flight.joined === 0 && policy.memoryTtlMs === 0;
    return { json, header, kept: newKept(header, { value, json, tags: declaredTags(load.tags), alone }, policy, random) };
  }

  /** Memory's TTL counts from before the value was asked for; a purge of this process in between keeps it out. */
  #keep(request: ReadRequest<unknown, Handle>, kept: Kept, size: number, asked: Asked): void {
    const { key, memoryKey, space, policy } = request;
    // Where memory is the only tier it keeps what is stale, too; else it leaves that to the shared tier, where others see it.
    const alone = policy.sharedTtlMs === 0;
    if (policy.memoryTtlMs <= 0 || asked.mark !== this.#fence.mark(key) || (!alone && this.#parts.bus?.deaf)) return;
    const now = this.#parts.clock.now();
    const left = (alone ? kept.expiresAt : kept.refreshAt) - this.#now();
    const hot = policy.hotMemoryTtlMs > policy.memoryTtlMs && this.#parts.hotKeys?.isHot(memoryKey, space, now);
    const ttlMs = hot ? policy.hotMemoryTtlMs : policy.memoryTtlMs;
    const until = alone ? now + left : Math.min(asked.at + ttlMs, now + left);
    if (left > 0) this.#parts.memory.set(memoryKey, kept, size, until, now, space);
  }

  #leaseMs(loadMs: number | undefined): number {
    return loadMs === undefined ? this.#options.leaseMs : Math.min(Math.max(3 * loadMs, SHORTEST_LEASE_MS), LONGEST_LEASE_MS);
  }

  #asks({ key, policy }: ReadRequest<unknown, Handle>): Asked {
    return { at: this.#parts.clock.now(), mark: policy.memoryTtlMs > 0 ? this.#fence.mark(key) : 0 };
  }

  #now(): number {
    return this.#parts.shared?.now() ?? this.#parts.clock.now();
  }
}

function sameTags(marks: readonly TagMark[], names: readonly string[]): boolean {
  return marks.length === names.length && marks.every((mark, i) => mark.tag === names[i]);
}
