import type { Namespace } from '../../../lambdas/runtime';
import { compression } from '../../../lambdas/runtime/codecs/compression';
import { messagePack } from '../../../lambdas/runtime/codecs/message-pack';
import { entryName } from '../../../lambdas/runtime/entry/entry-name';
import { decodeEntry, encodeEntry } from '../../../lambdas/runtime/entry/envelope';
import { decodeMessage } from '../../../lambdas/runtime/pub-sub/message';
import { Ticket } from '../../../lambdas/runtime/ticket';
import { defineRoute } from '../../../lib/route';
import { entryOf, version } from '../../contract/shared-store';
import { platform } from '../../support/cache-processes';

/** Mulberry32: a generator of numbers from a seed, so that what failed once fails again. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const SEED = 20261121;
const random = generator(SEED);
const below = (n: number) => Math.floor(random() * n);
const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;

const SPECIAL = [
  '{',
  '}',
  '\n',
  '\r',
  ' ',
  '\0',
  '~',
  '*',
  '#',
  ',',
  '%',
  '/',
  ':',
  '\ud800',
  '\udfff',
  'ü',
  '🙂',
  'C2j ',
  'C2n!',
  '-',
  '"',
];

/** A long text, with what has a meaning somewhere more often than chance has it. */
const LONG_TEXT = Array.from({ length: 200_000 }, () =>
  random() < 0.3 ? pick(SPECIAL) : String.fromCharCode(below(random() < 0.8 ? 128 : 65_536)),
).join('');

/** Any text: a part of the long one, since making each anew would take most of the test's time. */
function text(most: number): string {
  const at = below(LONG_TEXT.length - most);
  return LONG_TEXT.slice(at, at + below(most));
}

const VALUE = { id: 7, name: 'Zürich', list: [1, 2, 3] };
const HEADER = {
  token: 'abcdefghijklmnop',
  version: version(1),
  loadedAt: Date.UTC(2026, 0, 1),
  freshUntil: Date.UTC(2027, 0, 1),
  expiresAt: Date.UTC(2027, 0, 1),
  loadMs: 3,
  tags: [{ tag: '*', deleted: 'abcdefghijklmnop', expired: 'abcdefghijklmnop' }],
};
const ENTRY = encodeEntry(HEADER, JSON.stringify(VALUE));

/** An entry that somebody damaged in its head: cut, a character changed, something put in, or two joined. */
function damaged(): string {
  const at = below(ENTRY.indexOf('\n') + 1);
  switch (below(5)) {
    case 0:
      return ENTRY.slice(0, at);
    case 1:
      return ENTRY.slice(0, at) + text(3) + ENTRY.slice(at + 1);
    case 2:
      return ENTRY.slice(0, at) + text(8) + ENTRY.slice(at);
    case 3:
      return ENTRY.slice(at) + ENTRY.slice(0, at);
    default:
      return ENTRY.slice(0, below(ENTRY.length)) + ENTRY.slice(below(ENTRY.length));
  }
}

/** Bytes of other programs, and of later formats of this one. */
const FOREIGN = [
  '',
  '{}',
  '[]',
  'null',
  '1',
  '\x80\x02}q',
  '\0'.repeat(60),
  '<xml/>',
  ENTRY.replace('C2', 'C3'),
  ENTRY.replace('C2j', 'C2z'),
  ENTRY.toLowerCase(),
];

describe('a hundred thousand bad inputs', () => {
  test('60 000 damaged or foreign entries are misses, or what was stored', () => {
    for (let i = 0; i < 60_000; i++) {
      const bytes = i % 3 === 0 ? damaged() : i % 3 === 1 ? text(40) : pick(FOREIGN) + text(5);
      const entry = decodeEntry(bytes);
      if (!entry) continue;
      const { loadedAt, freshUntil, expiresAt, loadMs, token } = entry.header;
      const sound = token.length === 16 && [loadedAt, freshUntil, expiresAt, loadMs].every(Number.isFinite);
      // A damaged head may still be one, but what follows it is exactly what was stored, or it is no entry.
      const body = bytes.slice(bytes.indexOf('\n') + 1);
      if (
        !sound ||
        (entry.json ?? '') !== body ||
        (body !== '' && JSON.stringify(entry.value) !== JSON.stringify(JSON.parse(body)))
      ) {
        throw new Error(`this was taken for an entry: ${JSON.stringify(bytes)}`);
      }
    }
  });

  test('9000 damaged or foreign bytes of other formats are misses, or what was stored', () => {
    const list = JSON.stringify(Array.from({ length: 20 }, () => VALUE));
    const packed = messagePack({ minLength: 0 });
    const codecs = [
      packed,
      compression({ minBytes: 0, minSaving: 0, codec: packed }),
      compression({ minBytes: 0, algorithm: 'deflate' }),
    ];
    const entries = codecs.map((codec) => encodeEntry(HEADER, list, codec));
    expect(entries.map((entry) => entry[2])).toEqual(['m', 'b', 'd']);
    const BASE64 = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/='];
    for (let i = 0; i < 9000; i++) {
      const codec = codecs[i % 3]!;
      const entry = entries[i % 3]!;
      const start = entry.indexOf('\n') + 1;
      const at = start + below(entry.length - start);
      const kind = below(8);
      // Bytes of anything, as somebody would write them who knows the format, and keeps no sum.
      const bytes = kind === 0 ? Buffer.from(text(60), 'utf8') : Buffer.alloc(0);
      const damage = kind < 4 ? pick(BASE64) + entry.slice(at + 1) : text(4) + entry.slice(at);
      const written =
        kind === 0 ? `${entry.slice(0, start)}${bytes.length} -:${bytes.toString('base64')}` : entry.slice(0, at) + damage;
      const read = decodeEntry(written, codec);
      if (read && kind > 0 && JSON.stringify(read.value) !== list)
        throw new Error(`this was taken for an entry: ${JSON.stringify(written)}`);
    }
  });

  test('5000 messages of others say what was purged, or are none', () => {
    const good = '["C2","sender",[{"entryName":"things/1/k","key":"k"},["tag"]]]';
    for (let i = 0; i < 5000; i++) {
      const at = below(good.length);
      const message = decodeMessage(i % 2 === 0 ? text(40) : good.slice(0, at) + text(3) + good.slice(at + below(3)));
      for (const { entryName, key, tags } of message?.purges ?? []) {
        const sound = tags ? tags.every((tag) => typeof tag === 'string') : typeof entryName === typeof key;
        if (!sound) throw new Error(`this was taken for a message: ${JSON.stringify(message)}`);
      }
    }
  });

  test('3000 entries that are none are loaded over, and nothing of them is served', async () => {
    const { a, store, clock } = platform();
    const things = a.namespace('things', { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 60 } });
    for (let i = 0; i < 3000; i++) {
      let bytes = i % 2 === 0 ? damaged() : text(60);
      // What is still an entry has a tag that nobody made.
      if (i % 100 === 0) bytes = entryOf('abcdefghijklmnop', 'not of this source');
      store.values.set('things/1/k', { entry: bytes, until: Number.POSITIVE_INFINITY });
      const value = await things.getOrSet('k', async () => i);
      if (value !== i) throw new Error(`${JSON.stringify(value)} was served from ${JSON.stringify(bytes)}`);
      await clock.advance(1);
    }
  });

  test('30 000 keys have 30 000 names, which a cluster can have', () => {
    expect(() => entryName('p/', '')).toThrow('a key must be a text');
    const names = new Map<string, string>();
    for (let i = 0; i < 30_000; i++) {
      const key = text(i % 100 === 0 ? 400 : 10);
      if (key === '') continue;
      const name = entryName('p/', key);
      if (!/^p\/[!-z|~]{1,256}$/.test(name)) throw new Error(`${JSON.stringify(key)} has the name ${JSON.stringify(name)}`);
      const known = names.get(name);
      if (known !== undefined && known !== key) throw new Error(`${JSON.stringify([known, key])} have one name`);
      names.set(name, key);
    }
  });

  test('10 000 tickets are read, or are none', () => {
    const good = Ticket.empty.with({ entryName: 'k' }, version(5)).with({ tag: 't' }, version(6)).encode();
    for (let i = 0; i < 10_000; i++) {
      const at = below(good.length);
      const ticket = Ticket.decode(i % 2 === 0 ? text(60) : good.slice(0, at) + text(3) + good.slice(at + 1));
      const least = ticket?.versionFor('k', ['t']);
      if (least !== undefined && !/^[0-9A-F]{24}$/.test(least)) throw new Error(`a ticket asks for ${least}`);
    }
  });

  test('2000 calls with anything at all resolve, or reject with an error of the cache that says what was wrong', async () => {
    const { a, source, clock } = platform();
    const things = a.namespace('things', {
      freshness: { sharedTtlSeconds: 60, staleWhileRevalidateSeconds: 5 },
    }) as Namespace<undefined> & Record<string, never>;
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const odd = [
      undefined,
      null,
      Number.NaN,
      -1,
      1n,
      '',
      {},
      [],
      cycle,
      () => 1,
      Symbol('s'),
      new Date(Number.NaN),
      new Map(),
      Buffer.from([255]),
      true,
    ];
    const anything = () => (random() < 0.5 ? text(20) : pick(odd)) as never;
    const calls = [
      () => things.getOrSet(anything(), async () => anything()),
      () => things.getOrSet('k', async () => anything(), { tags: [anything()] }),
      () => things.getOrSet(text(5), async (_, context) => context.tag(anything()) as never),
      () => things.get(anything()),
      () => things.getMany([anything(), anything()]),
      () => things.set(anything(), anything(), { rowVersion: anything(), version: version(below(5)) }),
      () => things.set('k', anything(), { rowVersion: below(100), version: anything() }),
      () => things.delete(anything(), { version: version(1) }),
      () => things.purge({ keys: [anything()], tags: [anything()], version: anything() }),
    ];
    for (let i = 0; i < 2000; i++) {
      source.value = i;
      const failure = await (async () => pick(calls)())().then(
        () => undefined,
        (error: Error) => error,
      );
      if (failure && !['E_INVALID_ARGUMENT', 'E_UNSTORABLE_VALUE'].includes((failure as { code?: string }).code ?? ''))
        throw failure;
      if (failure && failure.message.length <= 10) throw failure;
      await clock.advance(2000);
    }
  });

  test('2000 policies and routes are taken, or refused with a sentence', () => {
    const { a } = platform();
    const odd = () =>
      pick([0, 1, 60, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 1e308, '5', null, undefined, {}, true]) as never;
    for (let i = 0; i < 2000; i++) {
      const freshness = {
        memoryTtlSeconds: odd(),
        sharedTtlSeconds: odd(),
        staleIfErrorSeconds: odd(),
        negativeTtlSeconds: odd(),
      };
      for (const declare of [
        () => a.namespace(`n${i}`, { freshness, jitter: odd(), earlyRefresh: odd(), version: odd() }),
        () => defineRoute({ name: `r${i}`, path: '/r', freshness: { ...freshness, gatewayTtlSeconds: odd() } }),
      ]) {
        try {
          declare();
        } catch (error) {
          // A namespace's options are named by themselves.
          if (!/namespace|route|'version'/.test((error as Error).message)) throw error;
        }
      }
    }
  });
});
