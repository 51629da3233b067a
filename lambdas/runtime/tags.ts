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
export function newTagVersions(
  store: SharedStore,
  source: Pick<VersionSource<never>, 'current' | 'ordersWrites'>,
  clock: Clock,
  { tagTtlMs, tagLifeMs }: TagVersionsOptions,
) {
  const remembered = new Map<string, { tag: Tag; until: number }>();
  /** Lists that many entries have. */
  const expected = new WeakMap<readonly string[], KnownTags>();
  /** Number of changes to what is known of tags. */
  let learnt = 0;
  /** Newest timeline that {@link ALL_TAGS} are known to be of. */
  let newest = '';
  let latest = 0;
  /** Number of remote purges: replies to what was asked for before aren't stored. */
  let forgotten = 0;
  /** Questions that leave at the end of the turn. */
  const asking = new Map<string, Promise<unknown>>();

  /**
   * Tags of a list as this process knows them, at most `tagTtlMs` old; undefined where a tag's version isn't known. Of a list
   * that is frozen, the same array for many entries, they are made out once.
   */
  function known(names: readonly string[], now: number): KnownTags | undefined {
    // By a clock that was set back what is known would count for longer by as much.
    if (now < latest) forget();
    latest = now;
    const before = expected.get(names);
    if (before && before.learnt === learnt && now < before.until) return before;
    const marks: TagMark[] = [];
    let until = Infinity;
    for (const tag of names) {
      const each = remembered.get(tag);
      if (!each || now >= each.until) return undefined;
      until = Math.min(until, each.until);
      marks.push(markOf(tag, each.tag));
    }
    const found = { declared: declaredTags(names), marks, text: marksText(marks), learnt, until };
    if (Object.isFrozen(names)) expected.set(names, found);
    return found;
  }

  /** Tags as they are now, or were at most `tagTtlMs` ago; undefined for one that the shared tier doesn't have. */
  function read(names: readonly string[], strict: boolean): Promise<(Tag | undefined)[]> {
    return Promise.all(names.map((name) => (!strict && recall(name)) || ask(name)));
  }

  /**
   * Marks of the tags as they are now; those that are missing are created with the primary's version.
   *
   * @param lifeMs life of declared tags that are created, before a load that may find nothing; without it all live on for long.
   */
  async function capture(names: readonly string[], lifeMs?: number): Promise<Capture> {
    const remember = rememberer();
    const briefly = (name: string) => !name.startsWith('*') && lifeMs;
    const touched = await Promise.all(
      names.map((name) => (briefly(name) ? ask(name) : asOne(`touch ${name}`, () => store.touchTag(name, tagLifeMs)))),
    );
    // A tag may be missing because it was evicted after a purge, which only a version read now is certain to contain.
    const version = touched.includes(undefined) ? await asOne('version', () => source.current()) : '';
    const create = (name: string) =>
      asOne(`create ${name}`, () => store.createTag(name, newToken(), version, briefly(name) || tagLifeMs));
    const tags = await Promise.all(names.map((name, i) => touched[i] ?? create(name)));
    let minVersion: Version | undefined;
    let purgedAt: Version | undefined;
    const marks = tags.map((tag, i): TagMark => {
      const name = names[i] as string;
      remember(name, tag);
      const last = purgedAtOf(tag);
      minVersion = laterVersion(minVersion, last);
      if (touched[i]) purgedAt = laterVersion(purgedAt, last);
      return markOf(name, tag);
    });
    return { marks, minVersion, purgedAt };
  }

  /** Purges a tag for every process; this one knows at once. */
  async function purge(name: string, version: Version, mode: PurgeMode | 'timeline'): Promise<void> {
    drop(name);
    let purged: Version | undefined = version;
    if (source.ordersWrites) {
      // By a clock that is behind another's this purge would be older than one before it, and change nothing.
      purged = laterVersion(purged, purgedAtOf(await store.getTag(name)));
    }
    await store.purgeTag(name, newToken(), purged as Version, tagLifeMs, mode);
    drop(name);
  }

  /** Drops tags that another process has purged, or all: they are read again. */
  function forget(names: readonly string[] = [...remembered.keys()]): void {
    forgotten++;
    for (const name of names) drop(name);
  }

  /**
   * Observes a version that was read: a newer timeline than the entries' makes all of them misses, since they may contain writes
   * that the primary lost. The first who notices it purges.
   */
  async function observe(version: Version): Promise<void> {
    const timeline = timelineOf(version);
    if (timeline <= newest) return;
    // Each for itself, so that a shard that is down doesn't keep the others' entries alive.
    await Promise.all(
      ALL_TAGS.map(async (name) => {
        const tag = await ask(name);
        // Where it is missing there is no entry to be purged.
        if (tag && timelineOf(tag.deletedVersion) < timeline) await purge(name, version, 'timeline');
      }),
    );
    newest = timeline;
  }

  function recall(name: string): Tag | undefined {
    const each = remembered.get(name);
    return each && clock.now() < each.until ? each.tag : undefined;
  }

  function ask(name: string): Promise<Tag | undefined> {
    return asOne(name, async () => {
      const remember = rememberer();
      const tag = await store.getTag(name);
      if (tag) remember(name, tag);
      return tag;
    });
  }

  /** Asks once for all who want to know in this turn: only after the last of them has joined. */
  function asOne<T>(question: string, answer: () => Promise<T>): Promise<T> {
    let asked = asking.get(question) as Promise<T> | undefined;
    if (!asked) {
      asked = Promise.resolve().then(() => {
        asking.delete(question);
        return answer();
      });
      asking.set(question, asked);
    }
    return asked;
  }

  function drop(name: string): void {
    remembered.delete(name);
    learnt++;
  }

  /** Function that stores tags that are asked for now; those that came after a remote purge may be of before it, and aren't. */
  function rememberer(): (name: string, tag: Tag) => void {
    const until = clock.now() + tagTtlMs;
    const before = forgotten;
    return (name, tag) => {
      if (before !== forgotten) return;
      learnt++;
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(name, { tag, until });
    };
  }

  return { known, read, capture, purge, forget, observe };
}

/** Versions of tags, as one process knows them. */
export type TagVersions = ReturnType<typeof newTagVersions>;

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
