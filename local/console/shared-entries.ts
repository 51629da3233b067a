import type Redis from 'ioredis';
import type { Engines } from '../engines';
import { askNode } from './ask-node';
import type { EntryRow } from './protocol';

/** Keys of a node that are looked at, and entries of it that are shown. */
const MOST_KEYS = 20_000;
const MOST_FOUND = 100;

const AT_A_TIME = 500;

/** Bytes of an entry that are read: its header stands at its begin. */
const HEADER_BYTES = 4096;

/** Limit of a question: a process that is stopped takes connections and never answers. */
const ANSWER_LIMIT_MS = 2000;

/** Key or tag that is looked for. */
export interface Wanted {
  /** A part of the key. */
  readonly key?: string;
  readonly tag?: string;
}

/** Entries of a cluster's primaries, by a part of their key or by a tag. */
export async function sharedEntries(
  engines: Engines,
  wanted: Wanted,
  now: number,
): Promise<{ readonly found: EntryRow[]; readonly notes: string[] }> {
  const nodes = (await engines.processes()).filter(
    ({ kind, role, pid }) => kind === 'redis' && role !== 'replica' && pid !== undefined,
  );
  const all = await Promise.all(
    nodes.map(async ({ name }) => {
      try {
        return await askNode(engines, name, ANSWER_LIMIT_MS, (client) => ofNode(client, name, wanted, now));
      } catch (error) {
        return { found: [], tags: new Map<string, string>(), notes: [`${name} does not answer: ${(error as Error).message}`] };
      }
    }),
  );
  // A tag and an entry that carries it may be on different nodes.
  const tags = new Map(all.flatMap((one) => [...one.tags]));
  return {
    found: all.flatMap(({ found }) => found.map((entry) => stateOf(entry, tags, now))),
    notes: all.flatMap(({ notes }) => notes),
  };
}

interface Found extends EntryRow {
  /** Key of each of its tags, with the marks that the entry has of it. */
  readonly marks: ReadonlyMap<string, readonly [deleted: string, expired: string]>;
}

interface NodeEntries {
  readonly found: Found[];
  /** Texts of tags by key. */
  readonly tags: Map<string, string>;
  readonly notes: string[];
}

async function ofNode(client: Redis, node: string, wanted: Wanted, now: number): Promise<NodeEntries> {
  const found: Found[] = [];
  const tags = new Map<string, string>();
  const notes: string[] = [];
  let cursor = '0';
  let seen = 0;
  do {
    const [next, keys] = await client.scan(cursor, 'COUNT', AT_A_TIME);
    cursor = next;
    seen += keys.length;
    const tagKeys = keys.filter((key) => TAG_KEY.test(key));
    for (const [index, value] of (await each(client, tagKeys, 'get')).entries()) tags.set(tagKeys[index]!, String(value));
    const matching = keys.filter((key) => wanted.tag !== undefined || key.includes(wanted.key ?? ''));
    const values = matching.filter((key) => VALUE_KEY.test(key));
    const texts = await each(client, values, 'getrange', 0, HEADER_BYTES - 1);
    const sizes = await each(client, values, 'strlen');
    for (const [index, key] of values.entries()) {
      const entry = entryOf(node, key, String(texts[index]), Number(sizes[index]), now);
      if (entry && (wanted.tag === undefined || entry.tags.includes(wanted.tag))) found.push(entry);
    }
    const others = wanted.tag === undefined ? matching.filter((key) => !VALUE_KEY.test(key)) : [];
    const types = await each(client, others, 'type');
    const ttls = await each(client, others, 'pttl');
    for (const [index, key] of others.entries()) found.push(other(node, key, String(types[index]), Number(ttls[index]), now));
  } while (cursor !== '0' && seen < MOST_KEYS && found.length < MOST_FOUND);
  if (cursor !== '0') notes.push(`${node}: ${seen} keys were looked at, and there are more`);
  return { found: found.slice(0, MOST_FOUND), tags, notes };
}

/** Answers of one command to each key. */
async function each(client: Redis, keys: readonly string[], command: string, ...rest: number[]): Promise<unknown[]> {
  if (keys.length === 0) return [];
  const answers = await client.pipeline(keys.map((key) => [command, key, ...rest])).exec();
  return (answers ?? []).map(([error, value]) => (error ? undefined : value));
}

/** Names of the cache library's keys: namespace, kind, and the entry in braces, or the tag. */
const VALUE_KEY = /^(.*):v:\{(.*)\}$/s;
const TAG_KEY = /^.*:t:./s;
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/:f:\{.*\}$/s, 'fence of an entry'],
  [TAG_KEY, 'version of a tag'],
  [/:q:/, 'queued writes'],
];

/** Begin of an entry's text, and places in it: its flag, and the first field behind token and row. */
const FORMAT = 'C2';
const FLAG_AT = 3;
const FIELDS_AT = 46;

/** An entry of the cache library, whose header is text for whoever wants to read it; undefined for any other. */
function entryOf(node: string, key: string, text: string, bytes: number, now: number): Found | undefined {
  const [, namespace = '', name = ''] = VALUE_KEY.exec(key) ?? [];
  const end = text.indexOf('\n');
  if (!text.startsWith(FORMAT) || end < FIELDS_AT) return undefined;
  const [version = '', loadedAt, freshUntil, , loadMs, ...triples] = text.slice(FIELDS_AT, end).split(' ');
  const marks = new Map<string, readonly [string, string]>();
  const tags: string[] = [];
  for (let at = 0; at + 2 < triples.length; at += 3) {
    const tag = triples[at]!;
    marks.set(`${namespace}:t:${tag}`, [triples[at + 1]!, triples[at + 2]!]);
    // Tags that every entry has aren't anybody's own.
    if (!tag.startsWith('*')) tags.push(tag);
  }
  return {
    tier: 'shared',
    where: node,
    key: name,
    tags,
    marks,
    state: text[FLAG_AT] === '!' || Number(freshUntil) <= now ? 'stale' : 'fresh',
    bytes,
    storedAt: Number(loadedAt),
    freshUntil: Number(freshUntil),
    note: `${namespace}, version ${version}, loaded in ${loadMs} ms`,
  };
}

function other(node: string, key: string, type: string, ttl: number, now: number): Found {
  const kind = KINDS.find(([pattern]) => pattern.test(key))?.[1] ?? `a ${type}`;
  return {
    tier: 'shared',
    where: node,
    key,
    tags: [],
    marks: new Map(),
    state: 'other',
    note: kind,
    ...(ttl >= 0 && { freshUntil: now + ttl }),
  };
}

/** The entry as a reader finds it: one whose tag was purged since it was loaded isn't served, though it is still there. */
function stateOf({ marks, ...entry }: Found, tags: ReadonlyMap<string, string>, now: number): EntryRow {
  let { state } = entry;
  for (const [key, [deleted, expired]] of marks) {
    const [deletedNow, , expiredNow] = (tags.get(key) ?? '').split(' ');
    if (deletedNow !== deleted) return { ...entry, state: 'purged' };
    if (expiredNow !== expired) state = 'stale';
  }
  if (entry.freshUntil !== undefined && entry.freshUntil <= now && state === 'fresh') state = 'stale';
  return { ...entry, state };
}
