import {
  asUncacheable,
  type CachedValue,
  changed,
  type FoundEntry,
  newCachedValue,
  newHeader,
  type Read,
  type ReadResult,
  toRead,
  withOutcome,
} from './entry/cached-value';
import { entryState, isServable, type TagVerdict } from './entry/entry-state';
import { decodeEntry, detached, type Entry, encodeEntry, type TagMark } from './entry/envelope';
import { CacheError, ignored, isUnavailable } from './errors';
import { valueText } from './json-value';
import { newHints } from './load/hints';
import { renewLease } from './load/lease-renewal';
import { nestingLoads, parentLoad } from './load/nested-loads';
import { InFlight, SingleFlight } from './load/single-flight';
import { claimedVersion, runLoader, type TaggedLoad, taggedLoad } from './load/tagged-load';
import { LoadRecorder } from './loader';
import type { PurgeMessage } from './memory/backplane';
import type { Keyspace } from './memory/entry-table';
import { type MemoryFence, newMemoryFence } from './memory/memory-fence';
import type { Policy } from './policy';
import type { Attempt, ReadPathParts } from './read-path-parts';
import { type EntryRef, type ReadRequest, satisfies } from './read-request';
import type { LeaseGrant, Tag } from './shared/shared-store';
import { type Capture, declaredTags, judge, type TagVersions, union } from './tags';
import { newToken } from './token';
import { laterVersion } from './versions/version';

/** Result of a lookup in the shared tier: an entry, none, or a tier that can't answer. */
type LookupResult = FoundEntry | 'miss' | 'down';

/** Reason for a read that does without the shared tier. */
const UNAVAILABLE = 'shared-unavailable';
/** Largest number of loads without a lease that wait behind those that run. */
const MOST_WAITING = 10_000;
/** Waits of a process for another's load: the first, their growth factor, and the longest, in milliseconds. */
const FIRST_WAIT_MS = 10;
const WAIT_GROWTH = 1.6;
const LONGEST_WAIT_MS = 100;
/** Rest of an entry that couldn't be loaded, in milliseconds, and the largest number of them. */
const REST_MS = 1000;
const MOST_RESTING = 10_000;
/** Bounds of a lease whose load's duration is known, in milliseconds. */
const SHORTEST_LEASE_MS = 500;
const LONGEST_LEASE_MS = 10_000;

/**
 * Read path, from top to bottom: memory, shared, the lease, the load, the fill. Every step that can't be taken leads to the load,
 * so that a cache that fails never fails a request.
 *
 * @param memoryFence fence of the memory tier, for another path to the same tiers.
 */
export function newReadPath<Handle>(parts: ReadPathParts<Handle>, memoryFence: MemoryFence = newMemoryFence()) {
  const {
    memory,
    shared,
    tags,
    source,
    codec,
    serializer,
    backplane,
    hotKeys,
    loads,
    background,
    clock,
    now: entryNow,
    random,
    tracing,
  } = parts;
  const lookups = new SingleFlight<LookupResult>();
  const flights = new SingleFlight<ReadResult>();
  const hints = newHints();
  /** Refreshes under way in this process, by entry; its other reads are served the entry that was found. */
  const refreshing = new Map<string, Promise<ReadResult>>();
  /** Entries that couldn't be loaded and may be stale, each with the end of its rest. */
  const resting = new Map<string, number>();

  /** State of memory's fence: another number after each purge that concerns the entry. */
  function fenceOf(entryName: string): number {
    return memoryFence.snapshot(entryName);
  }

  /** Drops one entry from memory, those of one namespace, where the tags are its own, or all; called with each purge. */
  function drop(entry?: EntryRef, tags?: readonly string[]): void {
    advanceFence(entry?.entryName);
    if (entry) memory.delete(entry.key, entry.keyspace);
    else memory.clear(tags?.[0]);
  }

  /** {@link drop}, here and in the other processes, once the purge holds in the shared tier. */
  function publish(entry?: EntryRef, tags?: readonly string[]): void | Promise<void> {
    drop(entry, tags);
    return backplane?.publish(entry ? { entryName: entry.entryName, key: entry.key } : tags ? { tags } : {});
  }

  /** Handler of another process's purge; without a message everything is removed, because messages were missed. */
  function onRemotePurge({ entryName, key, tags: purged }: PurgeMessage = {}): void {
    if (!entryName || !key) {
      tags?.forget(purged);
      drop(undefined, purged);
    } else {
      advanceFence(entryName);
      memory.deleteEverywhere(key);
    }
  }

  /** Results of reads that began before won't be stored in memory: of one entry, or of all. */
  function advanceFence(entryName: string | undefined): void {
    memoryFence.advance(entryName);
    hotKeys?.onPurge(entryName, clock.now());
  }

  /** Resolves once nothing is being loaded in the background. */
  async function idle(): Promise<void> {
    await Promise.allSettled(refreshing.values());
  }

  /** Cached value that may be served, without a load; undefined where there is none. */
  async function find<T>(request: ReadRequest<T, Handle>): Promise<Read<T> | undefined> {
    const hit = memoryHit(request);
    if (hit) return hit;
    const result = await lookUp(request, new InFlight());
    return typeof result === 'object' && isServable(result.state) ? toRead(result) : undefined;
  }

  /**
   * All steps; of a reader without a ticket those after {@link fromMemory}, which it has taken.
   *
   * @throws whatever the loader throws.
   */
  function read<T>(request: ReadRequest<T, Handle>): Promise<Read<T>> {
    return tracing('cache.read', () => readThrough(request));
  }

  /** Value in memory, where it may be served as fresh. */
  function fromMemory(key: string, keyspace: Keyspace, policy: Policy): CachedValue | undefined {
    if (policy.memoryMs === 0) return undefined;
    const now = clock.now();
    const cached = memory.get(key, now, keyspace);
    // Only where memory is the only tier does it keep what is to be loaded anew; elsewhere the clock needn't be asked twice.
    if (policy.sharedMs > 0 || !cached) return cached;
    return cached.refreshAt > (shared?.now() ?? now) ? cached : undefined;
  }

  /** Read of a value in memory. It keeps the times of the entry that it was made from. */
  function hit<T>(cached: CachedValue): Read<T> {
    return toRead(withOutcome(cached, entryNow(), 'memory', 'hit'));
  }

  function memoryHit<T>(request: ReadRequest<T, Handle>): Read<T> | undefined {
    const cached = fromMemory(request.key, request.keyspace, request.policy);
    return cached && satisfies(request, cached) ? hit(cached) : undefined;
  }

  async function readThrough<T>(request: ReadRequest<T, Handle>): Promise<Read<T>> {
    const { entryName, slot, ticket } = request;
    // 1. Memory.
    const hit = ticket && memoryHit(request);
    if (hit) return hit;

    // Reads with a ticket aren't collapsed with others: what is good for those may be too old for them.
    const own = ticket?.latest ? `${entryName} ${ticket.encode()}` : entryName;
    // Nor does a read within a load wait for a load that may itself wait for what the outer one holds.
    const outer = nestingLoads.current;
    const name = outer ? `${own} ${outer.id}` : own;
    for (;;) {
      // 2. A load of the entry is under way in this process: its result is good for us if its fill is accepted after we asked.
      const loading = flights.join(slot, name);
      if (loading) {
        const loaded = await loading;
        if (loaded) return toRead(loaded, true);
        continue;
      }
      // 3. Shared: one lookup for all reads of the same turn.
      const joinedLookup = lookups.join(slot, name);
      const result = await (joinedLookup ?? lookups.start(slot, name, (flight) => lookUp(request, flight)));
      if (!result) continue;
      const found = typeof result === 'object' ? result : undefined;
      if (found && isServable(found.state)) {
        // 4. A value that is stale, or about to be, is loaded anew by one reader; the others get it as it is.
        if (found.state === 'fresh' || joinedLookup || refreshing.has(entryName)) {
          return toRead(found, !!joinedLookup);
        }
        const run = () => refresh(request, found).finally(() => refreshing.delete(entryName));
        // Beside the answer it is nobody's: the load within which this is read may end before.
        const refreshed = background && outer ? nestingLoads.run(undefined, run) : run();
        refreshing.set(entryName, refreshed);
        return toRead(background ? found : await refreshed);
      }
      // 5. Miss: one load for all. Another read of this turn may have begun it.
      const fallback = found?.state === 'stale-if-error' && (() => asItIs<T>(found));
      // Who asked a moment ago was told that it can't be loaded.
      if (fallback && clock.now() < (resting.get(entryName) ?? 0)) return fallback();
      const joinedLoad = flights.join(slot, name);
      try {
        const loaded = await (joinedLoad ??
          flights.start(slot, name, (flight) => loadMissing(request, flight, result).finally(() => flight.close())));
        if (loaded) return toRead(loaded, !!joinedLoad);
      } catch (error) {
        if (!fallback) throw error;
        if (resting.size >= MOST_RESTING) resting.clear();
        resting.set(entryName, clock.now() + REST_MS);
        return fallback();
      }
    }
  }

  function asItIs<T>({ cached }: FoundEntry): Read<T> {
    return toRead(changed(withOutcome(cached, entryNow(), 'shared', 'stale'), { reason: 'load-failed' }));
  }

  /** One `GET`, and in the same turn the tag versions that aren't known well enough. */
  async function lookUp(request: ReadRequest<unknown, Handle>, flight: InFlight): Promise<LookupResult> {
    const { entryName, slot, policy } = request;
    try {
      if (policy.sharedMs === 0) {
        const cached = memory.get(request.key, clock.now(), request.keyspace);
        return cached ? toFoundEntry(request, cached, 'fresh', '') : 'miss';
      }
      if (!shared || !tags) return 'down';
      // Waits one turn, so that all reads of this turn join this lookup.
      await undefined;
      flight.admit();
      flight.close();
      const attempt = newAttempt(request, flight);
      const names = hints.get(entryName)?.tags ?? request.tags;
      const known = policy.strictTags ? undefined : tags.known(names, attempt.at);
      const getting = hotKeys?.get(request, shared, attempt.at) ?? shared.get(entryName, slot);
      // Without a second promise in the usual case: it would cost as much as the rest of the judgement.
      const [text, versions] = known ? [await getting] : await Promise.all([getting, tags.read(names, policy.strictTags)]);
      const entry = text === null ? undefined : decodeEntry(text, codec, known);
      if (!entry) return 'miss';
      // The usual hit: the entry has the tags that it should have, as they are now.
      if (known && entry.header.tags === known.marks) return judged(attempt, entry, known.declared, 'fresh');
      return await examine(attempt, entry, tags, versions && { names, versions });
    } catch (error) {
      if (error instanceof CacheError) return 'down';
      throw error;
    } finally {
      flight.close();
    }
  }

  /** Judges an entry by its times, its tags and the reader's ticket. */
  async function examine(
    attempt: Attempt<Handle>,
    entry: Entry,
    tags: TagVersions,
    known?: { readonly names: readonly string[]; readonly versions: readonly (Tag | undefined)[] },
  ): Promise<FoundEntry> {
    const { strictTags } = attempt.request.policy;
    const marks = entry.header.tags;
    const names = known && sameTags(marks, known.names) ? known.names : marks.map(({ tag }) => detached(tag));
    let verdict = judge(marks, names === known?.names ? known.versions : await tags.read(names, strictTags));
    // What this process remembers of a tag may be older than the entry, so nothing is refused by it.
    if (verdict !== 'fresh' && !strictTags) verdict = judge(marks, await tags.read(names, true));
    return judged(attempt, entry, declaredTags(names), verdict);
  }

  /** Judged entry for this reader; stored in memory where it is fresh. */
  function judged(attempt: Attempt<Handle>, entry: Entry, tags: readonly string[], verdict: TagVerdict): FoundEntry {
    const { request, flight } = attempt;
    const { policy } = request;
    const cached = newCachedValue(entry.header, entry, tags, flight.joiners, policy, parts);
    const found = toFoundEntry(request, cached, entry.expired && verdict === 'fresh' ? 'stale' : verdict, entry.header.token);
    if (found.state === 'fresh') storeInMemory(attempt, cached);
    return found;
  }

  function toFoundEntry(
    request: ReadRequest<unknown, Handle>,
    cached: CachedValue,
    verdict: TagVerdict,
    token: string,
  ): FoundEntry {
    const now = entryNow();
    const state = satisfies(request, cached) ? entryState(cached, verdict, request.policy, now, cached.refreshAt) : 'expired';
    const status = state === 'fresh' || state === 'early' ? 'hit' : 'stale';
    const { outcome } = withOutcome(cached, now, token === '' ? 'memory' : 'shared', status);
    return { cached, outcome, state, token };
  }

  /**
   * Loads a value anew that can still be served: the lease decides among processes, and who doesn't get it serves what was found.
   */
  async function refresh(request: ReadRequest<unknown, Handle>, found: FoundEntry): Promise<ReadResult> {
    try {
      return await permitted(parentLoad(request), async () => {
        const attempt = newAttempt(request, new InFlight());
        if (request.policy.sharedMs === 0) return loadForMemory(attempt);
        const token = newToken();
        const leaseMs = leaseMsOf(found.cached.loadMs);
        const lease = await shared?.lease(request.entryName, token, leaseMs, found.token);
        return lease?.kind === 'grant' ? leased(attempt, token, lease, leaseMs, found) : found;
      });
    } catch (error) {
      return changed(found, { reason: isUnavailable(error) ? UNAVAILABLE : 'load-failed' });
    }
  }

  /**
   * Runs a load once there is room for it. One within another load passes: the outer one holds its place, and waits for it.
   */
  function permitted<R>(parent: unknown, work: () => Promise<R>, mostWaiting?: number): Promise<R> {
    return parent ? work() : loads(work, mostWaiting);
  }

  /** Asks for the lease until there is an entry, the lease is ours, or we have waited long enough. */
  async function loadMissing(request: ReadRequest<unknown, Handle>, flight: InFlight, result: LookupResult): Promise<ReadResult> {
    const { entryName, policy } = request;
    const parent = parentLoad(request);
    await undefined;
    const down = result === 'down';
    const token = newToken();
    const seen = typeof result === 'object' ? result : undefined;
    let seenToken = seen?.token ?? '';
    let waited = 0;
    let wait = FIRST_WAIT_MS;
    /** One turn: a result, or milliseconds to wait for another's. */
    const turn = async (): Promise<ReadResult | number> => {
      flight.admit();
      const attempt = newAttempt(request, flight);
      if (policy.sharedMs === 0) return loadForMemory(attempt);
      if (down || !shared || !tags) return bypass(attempt, UNAVAILABLE);
      try {
        const leaseMs = leaseMsOf(seen?.cached.loadMs ?? hints.get(entryName)?.loadMs);
        const lease = await shared.lease(entryName, token, leaseMs, seenToken);
        if (lease.kind === 'grant') return await leased(attempt, token, lease, leaseMs, seen);
        if (lease.kind === 'bypass') return await bypass(attempt, 'write-intent');
        if (lease.kind === 'hit') {
          const entry = decodeEntry(lease.entry, codec);
          if (entry) {
            const found = await examine(attempt, entry, tags);
            if (isServable(found.state)) return found;
            // Refused: whoever comes with this token may replace it.
            seenToken = found.token;
          } else await shared.discard(entryName);
        }
        if (waited >= parts.waitMs) return await bypass(attempt, 'lease-wait');
        return lease.kind === 'wait' ? Math.min(lease.leftMs + 1, wait * (0.5 + random())) : 0;
      } catch (error) {
        if (isUnavailable(error)) return bypass(attempt, UNAVAILABLE);
        throw error;
      }
    };
    for (;;) {
      // A lease is asked for once the load can begin: one that is held in a queue keeps others from loading.
      const loaded = await permitted(parent, turn, down ? MOST_WAITING : undefined);
      if (typeof loaded === 'object') return loaded;
      if (loaded > 0) await clock.sleep(loaded);
      // What it slept longer than that was this process's own doing.
      waited += Math.max(1, loaded);
      wait = Math.min(wait * WAIT_GROWTH, LONGEST_WAIT_MS);
    }
  }

  /** Load and fill while the lease is kept. */
  async function leased(
    attempt: Attempt<Handle>,
    token: string,
    lease: LeaseGrant,
    leaseMs: number,
    seen: FoundEntry | undefined,
  ): Promise<ReadResult> {
    const ended = renewLease(shared!, attempt.request.entryName, token, leaseMs);
    try {
      return await loadAndFill(attempt, token, lease, seen);
    } finally {
      ended();
    }
  }

  /** Load with the lease: captures the tags, loads from a server that is far enough, and fills if nobody purged in between. */
  async function loadAndFill(
    { request, flight }: Attempt<Handle>,
    token: string,
    { minVersion, doubtful }: LeaseGrant,
    seen: FoundEntry | undefined,
  ): Promise<ReadResult> {
    // Begins now: the request for the lease is no part of the load.
    const attempt = newAttempt(request, flight);
    const { entryName, ticket, policy } = request;
    // The ids that don't exist are without number: their tags live as long as the two runs of a load, and what remembers that
    // nothing was there.
    const lifeMs = policy.negativeMs + 2 * parts.loadTimeoutMs;
    const release = () => shared!.release(entryName, token).catch(ignored);
    const loadedAt = shared!.now();
    let captured: Capture;
    let least = laterVersion(minVersion, ticket?.latest);
    try {
      if (doubtful) least = laterVersion(least, await source.current());
      const predicted = seen?.cached.tags ?? hints.get(entryName)?.tags ?? [];
      captured = await tags!.capture(union(request.tags, predicted), lifeMs);
    } catch {
      // A tag's shard, or the primary that dates a new tag, can't answer: the value can be read, but not stored.
      await release();
      return bypass(attempt, UNAVAILABLE);
    }
    try {
      const load = await taggedLoad(tags!, source, request, captured, least, lifeMs);
      // A joiner may take the value only if the fill is accepted after it asked, and if its tags are still the captured ones
      // then.
      flight.close();
      const { header, cached, json } = entryOf(attempt, load, loadedAt);
      const entry = encodeEntry({ ...header, token, tags: load.marks }, json, codec);
      const miss = withOutcome(cached, entryNow(), 'database', 'miss');
      hints.set(entryName, { tags: load.tags, loadMs: header.loadMs }, request.tags.length, parts.leaseMs / 3);
      await tags!.observe(load.loaded.version).catch(ignored);
      const refusal = load.refusal ?? (entry.length > parts.maxEntryLength ? 'too-large' : undefined);
      if (refusal || header.freshUntil <= loadedAt) {
        await release();
        return asUncacheable(miss, refusal);
      }
      flight.reject();
      try {
        const version = load.loaded.origin === 'replica' ? load.loaded.version : undefined;
        const [filled, current] = await Promise.all([
          shared!.fill(entryName, token, version, header.expiresAt - loadedAt, entry),
          flight.joiners > 0 ? tags!.read(load.tags, true) : undefined,
          // Those of a value live as long as it may.
          json && tags!.capture(declaredTags(load.tags)).catch(ignored),
        ]);
        if (!filled) return asUncacheable(miss, 'fill-rejected');
        if (!current || judge(load.marks, current) === 'fresh') flight.admit();
        storeInMemory(attempt, cached);
        return changed(miss, { stored: true });
      } catch (error) {
        if (error instanceof CacheError) return changed(miss, { reason: UNAVAILABLE });
        throw error;
      }
    } catch (error) {
      // While a stale value can be served the lease is left to end by itself, so that a source in trouble isn't asked by every
      // reader.
      if (seen?.state !== 'stale') await release();
      throw error;
    }
  }

  /**
   * Load from the primary that fills nothing but memory. Good for every read that asked before the load began.
   */
  async function bypass(
    { request, flight }: Attempt<Handle>,
    reason: typeof UNAVAILABLE | 'lease-wait' | 'write-intent',
  ): Promise<ReadResult> {
    flight.reject();
    // No lease holds these loads back: waits one turn, so that all reads of this turn join this load.
    await new Promise((resolve) => setImmediate(resolve));
    flight.admit();
    flight.close();
    return changed(await loadWithoutLease(newAttempt(request, flight), 'bypass', reason !== 'write-intent'), { reason });
  }

  /** Load where memory is the only tier: no other process is asked, and a purge by this one rejects joiners. */
  async function loadForMemory(attempt: Attempt<Handle>): Promise<ReadResult> {
    const { request, flight, fence } = attempt;
    flight.admit();
    const loaded = await loadWithoutLease(attempt, 'miss', true);
    if (fence === fenceOf(request.entryName)) flight.admit();
    return loaded;
  }

  /** Load without a lease. */
  async function loadWithoutLease(attempt: Attempt<Handle>, status: 'miss' | 'bypass', store: boolean): Promise<ReadResult> {
    const { ticket, tags, key } = attempt.request;
    const loadedAt = entryNow();
    const recorder = new LoadRecorder(key);
    const from = status === 'bypass' ? { primaryOnly: true } : { minVersion: ticket?.latest };
    const loaded = await runLoader(source, attempt.request, recorder, from);
    const load = { loaded, version: recorder.atMost(loaded.version), tags: union(tags, recorder.tags) };
    const { cached } = entryOf(attempt, load, loadedAt);
    const result = withOutcome(cached, entryNow(), 'database', status);
    if (!loaded.fillable || !store) return asUncacheable(result, loaded.fillable ? undefined : 'unfillable');
    storeInMemory(attempt, cached);
    return result;
  }

  /** Loaded value, as an entry's header and text, and as this process caches it. */
  function entryOf(
    { request, flight, at }: Attempt<Handle>,
    load: Pick<TaggedLoad, 'loaded' | 'version' | 'tags'>,
    loadedAt: number,
  ) {
    const { policy, ticket } = request;
    const json = valueText(request, load.loaded.value, serializer);
    const header = newHeader(policy, json, claimedVersion(load, ticket), loadedAt, clock.now() - at, random);
    return {
      json,
      header,
      // Of the text: what the other readers will get, and nothing that the application still holds.
      cached: newCachedValue(header, { json }, declaredTags(load.tags), flight.joiners, policy, parts),
    };
  }

  /** Stores a value in memory. Memory's TTL counts from before the value was asked for; a purge since then keeps it out. */
  function storeInMemory({ request, at, fence }: Attempt<Handle>, cached: CachedValue): void {
    const { entryName, key, keyspace, policy } = request;
    // Where memory is the only tier it keeps what is stale, too; else it leaves that to the shared tier, where others see it.
    const only = policy.sharedMs === 0;
    if (policy.memoryMs <= 0 || fence !== fenceOf(entryName) || (!only && backplane?.disconnected)) return;
    const now = clock.now();
    const left = (only ? cached.expiresAt : cached.refreshAt) - entryNow();
    const hot = policy.hotMs > policy.memoryMs && hotKeys?.isHot(key, keyspace, now);
    const ttlMs = hot ? policy.hotMs : policy.memoryMs;
    const until = only ? now + left : Math.min(at + ttlMs, now + left);
    if (left > 0) memory.set(key, cached, cached.bytes, until, now, keyspace);
  }

  function leaseMsOf(loadMs: number | undefined): number {
    return loadMs === undefined ? parts.leaseMs : Math.min(Math.max(3 * loadMs, SHORTEST_LEASE_MS), LONGEST_LEASE_MS);
  }

  function newAttempt(request: ReadRequest<unknown, Handle>, flight: InFlight): Attempt<Handle> {
    const fence = request.policy.memoryMs > 0 ? fenceOf(request.entryName) : 0;
    return { request, flight, at: clock.now(), fence };
  }

  return { fenceOf, drop, publish, onRemotePurge, idle, find, read, fromMemory, hit };
}

/** The read path of one cache. */
export type ReadPath<Handle> = ReturnType<typeof newReadPath<Handle>>;

function sameTags(marks: readonly TagMark[], names: readonly string[]): boolean {
  return marks.length === names.length && marks.every((mark, i) => mark.tag === names[i]);
}
