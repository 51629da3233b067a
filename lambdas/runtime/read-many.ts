import type { Read } from './entry/cached-value';
import { ignored } from './errors';
import { HotKeys } from './hot-keys/hot-keys';
import { LoadScope } from './load/load-scope';
import { asLoadOf, nestingLoads } from './load/nested-loads';
import type { Semaphore } from './load/semaphore';
import type { LimitedSource } from './load/time-limit';
import type { LoadContext } from './loader';
import { Namespace, type ReadOptions } from './namespace';
import { newReadPath } from './read-path';
import type { ReadPathParts } from './read-path-parts';
import type { ReadRequest } from './read-request';
import type { SharedStore } from './shared/shared-store';
import type { Loaded, LoadRequest } from './versions/source';
import { laterVersion } from './versions/version';

/**
 * Function that reads many values from the system of record, with the handle and nothing else.
 *
 * @param missing keys to be loaded: those which no tier has, and nobody else is loading.
 * @param contexts context of each key's load, for tags that are only known once the value is.
 * @returns the values by key; a key that isn't in it has none (a negative entry).
 */
export type ManyLoader<T, Handle> = (
  handle: Handle,
  missing: readonly string[],
  contexts: ReadonlyMap<string, LoadContext>,
) => Promise<ReadonlyMap<string, T>>;

/** Options of {@link readMany}. */
export interface ReadManyOptions extends Pick<ReadOptions, 'ticket'> {
  /**
   * Tags of a key's entry, besides those of the namespace.
   * @default - none
   */
  readonly tags?: (key: string) => readonly string[];
}

/**
 * Values of many keys: those that no tier has are loaded together, by one call of the loader in one transaction, each under its
 * own lease and fence, as if it were read alone. Keys that another process is loading are waited for. Costs one turn of `GET`s,
 * one of leases, one load and one turn of fills, each one packet a server.
 *
 * @returns the values that there are, in the order of `keys`, each once.
 * @throws whatever the loader throws, and what {@link Namespace.getOrSet} throws. Never because the shared tier is down.
 */
export async function readMany<T, Handle>(
  namespace: Namespace<Handle>,
  keys: readonly string[],
  load: ManyLoader<T, Handle>,
  { tags, ticket }: ReadManyOptions = {},
): Promise<Map<string, Readonly<T>>> {
  const names = [...new Set(keys)];
  const many = manyOf(namespace);
  const batch = new Batch(many.parts, load);
  const read = (key: string) => many.namespace.read<T>(key, batch.loaderOf(key), { ticket, ...(tags && { tags: tags(key) }) });
  const reads = await many.batches.run(batch as Batch<Handle>, () => Promise.all(names.map(read))).finally(() => batch.end());
  const found = new Map<string, Readonly<T>>();
  for (const [i, { value }] of (reads as Read<T>[]).entries()) if (value !== undefined) found.set(names[i] as string, value);
  return found;
}

/** Namespace whose loads go through the batch that they belong to. */
interface Many<Handle> {
  readonly namespace: Namespace<Handle>;
  readonly parts: ReadPathParts<Handle>;
  readonly batches: LoadScope<Batch<Handle>>;
}

const known = new WeakMap<object, Many<never>>();

/** The namespace's entries, tiers and policy, on a read path of its own, in which each step asks for its batch. */
function manyOf<Handle>(namespace: Namespace<Handle>): Many<Handle> {
  const made = known.get(namespace) as Many<Handle> | undefined;
  if (made) return made;
  const [policy, parts] = namespace.internals;
  const { read, readPath } = parts;
  const batches = new LoadScope<Batch<Handle>>();
  const batched = {
    ...read,
    source: batchedSource(read.source, batches),
    loads: batchedLoads(read.loads, batches),
    hotKeys: new BatchedLookups(read.hotKeys, batches),
  };
  // Purges are told to the namespace's own path, and hold here.
  const path = newReadPath(batched, { snapshot: readPath.fenceOf, advance: () => {} });
  const many = { namespace: new Namespace(namespace.name, policy, { ...parts, readPath: path }), parts: read, batches };
  known.set(namespace, many as unknown as Many<never>);
  return many;
}

function batchedSource<Handle>(source: LimitedSource<Handle>, batches: LoadScope<Batch<Handle>>): LimitedSource<Handle> {
  return {
    ordersWrites: !!source.ordersWrites,
    current: () => source.current(),
    // A refresh beside the answer may begin when its batch has ended.
    load: (loader, request) => batches.current?.load(loader, request) ?? source.load(loader, request),
  };
}

/** Bound of loads, of which all of a batch that run at once are one. */
function batchedLoads<Handle>(loads: Semaphore, batches: LoadScope<Batch<Handle>>): Semaphore {
  return (work, mostWaiting) => batches.current?.turn(work, mostWaiting) ?? loads(work, mostWaiting);
}

/** Lookups in the shared tier that a batch waits for. */
class BatchedLookups<Handle> extends HotKeys {
  readonly #hotKeys: HotKeys | undefined;
  readonly #batches: LoadScope<Batch<Handle>>;

  constructor(hotKeys: HotKeys | undefined, batches: LoadScope<Batch<Handle>>) {
    super({});
    this.#hotKeys = hotKeys;
    this.#batches = batches;
  }

  override get(request: Omit<ReadRequest<unknown, never>, 'loader'>, shared: SharedStore, now: number) {
    const lookup = () => this.#hotKeys?.get(request, shared, now) ?? shared.get(request.entryName, request.slot);
    return this.#batches.current?.during(lookup) ?? lookup();
  }

  override isHot(...read: Parameters<HotKeys['isHot']>): boolean {
    return this.#hotKeys?.isHot(...read) ?? false;
  }
}

/** Load that waits for the others of its batch. */
interface WaitingLoad<Handle> {
  readonly run: (handle: Handle, signal: AbortSignal) => Promise<unknown>;
  readonly request: LoadRequest;
  /** Entry that it is a load of. */
  readonly entry: { readonly entryName: string; readonly key: string };
  readonly done: (loaded: Promise<Loaded<unknown>>) => void;
}

/** Keys that are loaded together. */
interface Round {
  readonly contexts: Map<string, LoadContext>;
  values?: Promise<ReadonlyMap<string, unknown>>;
}

/** Place among the loads of a process that run at once. */
interface Place {
  leave(): void;
  fail(error: unknown): void;
}

/** Loads of one call of {@link readMany}: they leave together once none of its keys is being asked for. */
class Batch<Handle> {
  readonly parent: undefined;
  done = false;
  readonly #parts: ReadPathParts<Handle>;
  readonly #load: ManyLoader<unknown, Handle>;
  /** Lookups and turns that may still end in a load. */
  #busy = 0;
  #waiting: WaitingLoad<Handle>[] = [];
  /** Keys that are loaded together, while they are being named. */
  #round: Round | undefined;
  /** Turns under way, and the place among the process's loads that they share. */
  #turns = 0;
  #place: Promise<Place> | undefined;
  #failure: unknown;

  constructor(parts: ReadPathParts<Handle>, load: ManyLoader<unknown, Handle>) {
    this.#parts = parts;
    this.#load = load;
  }

  end(): void {
    this.done = true;
  }

  /** Loader of one key, whose value is one of those that are loaded together. */
  loaderOf<T>(key: string) {
    return async (handle: Handle, context: LoadContext): Promise<T | undefined> => {
      const round: Round = this.#round ?? { contexts: new Map() };
      round.contexts.set(key, context);
      round.values ??= this.#later(handle, round.contexts);
      return (await round.values).get(key) as T | undefined;
    };
  }

  /** Calls the loader once the other keys of the turn are named. */
  async #later(handle: Handle, contexts: ReadonlyMap<string, LoadContext>): Promise<ReadonlyMap<string, unknown>> {
    await undefined;
    return this.#load(handle, [...contexts.keys()], contexts);
  }

  /** Runs what the batch waits for. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#busy++;
    try {
      return await work();
    } finally {
      this.#busy--;
      this.#leave();
    }
  }

  /** Runs one turn of a key that is missing: it asks for the lease, and loads. */
  turn<T>(work: () => Promise<T>, mostWaiting?: number): Promise<T> {
    return this.during(async () => {
      this.#turns++;
      this.#place ??= this.#takePlace(mostWaiting);
      const place = this.#place;
      try {
        await place;
        return await work();
      } catch (error) {
        this.#failure = error;
        throw error;
      } finally {
        if (--this.#turns === 0) {
          const failure = this.#failure;
          this.#place = this.#failure = undefined;
          // Whoever waits for a place is told of a load that took all its time.
          void place.then((taken) => (failure ? taken.fail(failure) : taken.leave()), ignored);
        }
      }
    });
  }

  #takePlace(mostWaiting?: number): Promise<Place> {
    return new Promise((resolve, reject) => {
      this.#parts.loads(() => new Promise<void>((leave, fail) => resolve({ leave, fail })), mostWaiting).catch(reject);
    });
  }

  /** Load of one key, together with those of the others. */
  async load<T>(run: (handle: Handle, signal: AbortSignal) => Promise<T>, request: LoadRequest): Promise<Loaded<T>> {
    const entry = nestingLoads.current as WaitingLoad<Handle>['entry'];
    this.#busy--;
    try {
      const loaded = await new Promise<Loaded<unknown>>((done) => {
        this.#waiting.push({ run, request, entry, done });
        this.#leave();
      });
      return loaded as Loaded<T>;
    } finally {
      this.#busy++;
    }
  }

  /** Lets the loads leave once all that is on its way has come back. */
  #leave(): void {
    setImmediate(() => {
      if (this.#busy > 0 || this.#waiting.length === 0) return;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const primaryOnly of [true, false]) {
        const together = waiting.filter(({ request }) => !!request.primaryOnly === primaryOnly);
        if (together.length > 0) this.#loadTogether(together, primaryOnly);
      }
    });
  }

  #loadTogether(together: readonly WaitingLoad<Handle>[], primaryOnly: boolean): void {
    const minVersion = together.reduce<LoadRequest['minVersion']>(
      (least, { request }) => laterVersion(least, request.minVersion),
      undefined,
    );
    const load = () =>
      this.#parts.source.load(
        (handle, signal) => {
          this.#round = { contexts: new Map() };
          const values = Promise.all(together.map(({ run }) => run(handle, signal)));
          this.#round = undefined;
          return values;
        },
        { primaryOnly, minVersion },
      );
    // What the loader reads knows that each of the keys waits for it.
    const loading = together.reduce(
      (inner, { entry }) =>
        () =>
          asLoadOf(entry, inner),
      load,
    )();
    for (const [i, { done }] of together.entries()) {
      done(loading.then((loaded) => ({ ...loaded, value: loaded.value[i] })));
    }
  }
}
