import type { Clock } from './clock';
import type { TagVerdict } from './entry/entry-state';
import { type KnownMarks, marksText, type TagMark } from './entry/envelope';
import { namesOfParts } from './shared/hash-slot';
import type { PurgeMode, SharedStore, Tag } from './shared/shared-store';
import { newToken } from './token';
import type { VersionSource } from './versions/source';
import { laterVersion, timelineOf, type Version } from './versions/version';

/**
 * Tags that every entry of one namespace carries, or of all where `name` is empty; no declared tag can have these names. There is
 * one for each part of the slots, on the shard of the entries that carry it as far as parts and shards agree: a shard that is
 * down then takes no entries of the others with it.
 */
export const namespaceTags = (name = ''): readonly string[] => namesOfParts(`*${name}`);

/** Tags of all entries, by the part of their slots. */
export const ALL_TAGS = namespaceTags();

/** Tags that were declared, or named by a loader. */
export const declaredTags = (tags: readonly string[]): string[] => tags.filter((tag) => !tag.startsWith('*'));

/** Tags of two lists, each once. */
export const union = (some: Iterable<string>, more: Iterable<string>): string[] => [...new Set([...some, ...more])];

/** Mark of a tag as an entry remembers it. */
const markOf = (tag: string, { deleted, expired }: Tag): TagMark => ({ tag, deleted, expired });

/** Version of the last purge of a tag. */
const purgedAtOf = (tag: Tag | undefined): Version | undefined => laterVersion(tag?.deletedVersion, tag?.expiredVersion);

/** Marks of tags as they were captured, and the version that a load must contain because of them. */
export interface Capture {
  readonly marks: readonly TagMark[];
  readonly minVersion: Version | undefined;
  /** Version of the latest purge of a tag that was there; a tag that was made now wasn't purged. */
  readonly purgedAt: Version | undefined;
}

/** Tags of a list that entries have together, as this process knows them. */
export interface KnownTags extends KnownMarks {
  /** Tags that were declared. */
  readonly declared: readonly string[];
  /** Number of changes up to which it holds, and the time at which a tag's version gets too old. */
  readonly learnt: number;
  readonly until: number;
}

/** Options of TagVersions. */
export interface TagVersionsOptions {
  /** Life of a mark in this process's memory, in milliseconds. */
  readonly tagTtlMs: number;
  /** Life of an unused tag in the shared tier, in milliseconds; longer than any entry. */
  readonly tagLifeMs: number;
}

/** Largest number of tags that are stored; beyond it all are dropped and read again. */
const MAX_REMEMBERED = 20_000;

/** Versions of tags: the marks that an entry captured before its load are compared with those of now. */
export class TagVersions {
  readonly #known = new Map<string, { tag: Tag; until: number }>();
  /** Lists that many entries have. */
  readonly #expected = new WeakMap<readonly string[], KnownTags>();
  /** Number of changes to what is known of tags. */
  #learnt = 0;
  /** Newest timeline that {@link ALL_TAGS} are known to be of. */
  #timeline = '';
  #latest = 0;
  /** Number of remote purges: replies to what was asked for before aren't stored. */
  #forgotten = 0;
  /** Questions that leave at the end of the turn. */
  readonly #asked = new Map<string, Promise<unknown>>();
  readonly #store: SharedStore;
  readonly #source: Pick<VersionSource<never>, 'current' | 'ordersWrites'>;
  readonly #clock: Clock;
  readonly #options: TagVersionsOptions;

  constructor(
    store: SharedStore,
    source: Pick<VersionSource<never>, 'current' | 'ordersWrites'>,
    clock: Clock,
    options: TagVersionsOptions,
  ) {
    this.#store = store;
    this.#source = source;
    this.#clock = clock;
    this.#options = options;
  }

  /**
   * Tags of a list as this process knows them, at most `tagTtlMs` old; undefined where a tag's version isn't known. Of a list
   * that is frozen, the same array for many entries, they are made out once.
   */
  known(names: readonly string[], now: number): KnownTags | undefined {
    // By a clock that was set back what is known would count for longer by as much.
    if (now < this.#latest) this.forget();
    this.#latest = now;
    const known = this.#expected.get(names);
    if (known && known.learnt === this.#learnt && now < known.until) return known;
    const marks: TagMark[] = [];
    let until = Infinity;
    for (const tag of names) {
      const each = this.#known.get(tag);
      if (!each || now >= each.until) return undefined;
      until = Math.min(until, each.until);
      marks.push(markOf(tag, each.tag));
    }
    const learnt = { declared: declaredTags(names), marks, text: marksText(marks), learnt: this.#learnt, until };
    if (Object.isFrozen(names)) this.#expected.set(names, learnt);
    return learnt;
  }

  /** Tags as they are now, or were at most `tagTtlMs` ago; undefined for one that the shared tier doesn't have. */
  read(names: readonly string[], strict: boolean): Promise<(Tag | undefined)[]> {
    return Promise.all(names.map((name) => (!strict && this.#remembered(name)) || this.#fetch(name)));
  }

  /** Marks of the tags as they are now, before a load; those that are missing are created with the primary's version. */
  async capture(names: readonly string[]): Promise<Capture> {
    const remember = this.#rememberer();
    const store = this.#store;
    const { tagLifeMs } = this.#options;
    const touched = await Promise.all(names.map((name) => this.#asOne(`touch ${name}`, () => store.touchTag(name, tagLifeMs))));
    // A tag may be missing because it was evicted after a purge, which only a version read now is certain to contain.
    const version = touched.includes(undefined) ? await this.#asOne('version', () => this.#source.current()) : '';
    const create = (name: string) => this.#asOne(`create ${name}`, () => store.createTag(name, newToken(), version, tagLifeMs));
    const tags = await Promise.all(names.map((name, i) => touched[i] ?? create(name)));
    let minVersion: Version | undefined;
    let purgedAt: Version | undefined;
    const marks = tags.map((tag, i): TagMark => {
      const name = names[i] as string;
      remember(name, tag);
      const latest = purgedAtOf(tag);
      minVersion = laterVersion(minVersion, latest);
      if (touched[i]) purgedAt = laterVersion(purgedAt, latest);
      return markOf(name, tag);
    });
    return { marks, minVersion, purgedAt };
  }

  /** Purges a tag for every process; this one knows at once. */
  async purge(name: string, version: Version, mode: PurgeMode | 'timeline'): Promise<void> {
    this.#forget(name);
    let purged: Version | undefined = version;
    if (this.#source.ordersWrites) {
      // By a clock that is behind another's this purge would be older than one before it, and change nothing.
      purged = laterVersion(purged, purgedAtOf(await this.#store.getTag(name)));
    }
    await this.#store.purgeTag(name, newToken(), purged as Version, this.#options.tagLifeMs, mode);
    this.#forget(name);
  }

  /** Drops tags that another process has purged, or all: they are read again. */
  forget(names: readonly string[] = [...this.#known.keys()]): void {
    this.#forgotten++;
    for (const name of names) this.#forget(name);
  }

  /**
   * Observes a version that was read: a newer timeline than the entries' makes all of them misses, since they may contain writes
   * that the primary lost. The first who notices it purges.
   */
  async observe(version: Version): Promise<void> {
    const timeline = timelineOf(version);
    if (timeline <= this.#timeline) return;
    // Each for itself, so that a shard that is down doesn't keep the others' entries alive.
    await Promise.all(
      ALL_TAGS.map(async (name) => {
        const tag = await this.#fetch(name);
        // Where it is missing there is no entry to be purged.
        if (tag && timelineOf(tag.deletedVersion) < timeline) await this.purge(name, version, 'timeline');
      }),
    );
    this.#timeline = timeline;
  }

  #remembered(name: string): Tag | undefined {
    const known = this.#known.get(name);
    return known && this.#clock.now() < known.until ? known.tag : undefined;
  }

  #fetch(name: string): Promise<Tag | undefined> {
    return this.#asOne(name, async () => {
      const remember = this.#rememberer();
      const tag = await this.#store.getTag(name);
      if (tag) remember(name, tag);
      return tag;
    });
  }

  /** Asks once for all who want to know in this turn: only after the last of them has joined. */
  #asOne<T>(question: string, ask: () => Promise<T>): Promise<T> {
    let asked = this.#asked.get(question) as Promise<T> | undefined;
    if (!asked) {
      asked = Promise.resolve().then(() => {
        this.#asked.delete(question);
        return ask();
      });
      this.#asked.set(question, asked);
    }
    return asked;
  }

  #forget(name: string): void {
    this.#known.delete(name);
    this.#learnt++;
  }

  /** Function that stores tags that are asked for now; those that came after a remote purge may be of before it, and aren't. */
  #rememberer(): (name: string, tag: Tag) => void {
    const until = this.#clock.now() + this.#options.tagTtlMs;
    const forgotten = this.#forgotten;
    return (name, tag) => {
      if (forgotten !== this.#forgotten) return;
      this.#learnt++;
      if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
      this.#known.set(name, { tag, until });
    };
  }
}

/** Verdict of the tags over an entry that captured these marks. A tag that is missing makes it a miss. */
export function judge(marks: readonly TagMark[], tags: readonly (Tag | undefined)[]): TagVerdict {
  let verdict: 'fresh' | 'stale' = 'fresh';
  for (const [i, mark] of marks.entries()) {
    const tag = tags[i];
    if (!tag || tag.deleted !== mark.deleted) return 'miss';
    if (tag.expired !== mark.expired) verdict = 'stale';
  }
  return verdict;
}
