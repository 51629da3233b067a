import * as zlib from 'node:zlib';
import { Packr } from 'msgpackr';
import type { Codec } from '../../../lambdas/runtime/codecs/codec';
import { compression } from '../../../lambdas/runtime/codecs/compression';
import { messagePack } from '../../../lambdas/runtime/codecs/message-pack';
import { decodeEntry, encodeEntry } from '../../../lambdas/runtime/entry/envelope';
import { entryOf, version } from '../../contract/shared-store';
import { platform } from '../../support/cache-processes';

const HEADER = {
  token: 'abcdefghijklmnop',
  version: version(1),
  loadedAt: 1,
  freshUntil: 2,
  expiresAt: 3,
  loadMs: 4,
  tags: [{ tag: '*', deleted: 'abcdefghijklmnop', expired: 'abcdefghijklmnop' }],
};
const LIST = Array.from({ length: 60 }, (_, id) => ({ id, name: `Zürich ${id} 🙂`, price: id * 1.25, size: null, tags: ['a'] }));

const written = (value: unknown, codec?: Codec) => encodeEntry(HEADER, JSON.stringify(value), codec);
const format = (entry: string) => entry[2];
const body = (entry: string) => entry.slice(entry.indexOf('\n') + 1);
/** An entry whose value is these bytes, in this format. */
const entryOfBytes = (letter: string, bytes: Buffer) =>
  `C2${letter}${entryOf('abcdefghijklmnop', 1).slice(3, -1)}${bytes.length} -:${bytes.toString('base64')}`;

const packed = messagePack({ minLength: 0 });
const CODECS: [string, string, Codec][] = [
  ['MessagePack', 'm', packed],
  ['brotli', 'b', compression({ minBytes: 0 })],
  ['deflate', 'd', compression({ algorithm: 'deflate', minBytes: 0 })],
  ['MessagePack in brotli', 'b', compression({ codec: packed, minBytes: 0 })],
];

describe.each(CODECS)('%s', (_, letter, codec) => {
  test('gives back what was written, under its letter and shorter than JSON', () => {
    const entry = written(LIST, codec);
    expect(format(entry)).toBe(letter);
    expect(entry.length).toBeLessThan(written(LIST).length);
    const read = decodeEntry(entry, codec);
    expect(read).toMatchObject({ header: HEADER, expired: false, value: LIST });
  });

  test.each([
    ['falsy values', [0, '', false, null, [], {}]],
    ['numbers', [-0.5, 1e308, 2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 31, 2 ** 32, 2 ** 63, 5e-324]],
    ['odd names', { '': 1, 1: 2, 'a b': 3, constructor: 4, toString: 5, 'quote"': 6 }],
    ['names that a prototype has', JSON.parse('{"__proto__": {"a": 1}, "b": 2}')],
    ['halves of characters', { a: '\ud800', b: 'x\udfffy', c: '\\ud800' }],
    ['like objects, one after another', Array.from({ length: 40 }, (_, i) => (i % 3 ? { a: i, b: 1 } : { b: 1, a: i }))],
    ['a date, as JSON says it', { at: new Date(0) }],
  ])('gives back %s as JSON does', (_, value) => {
    const long = { value, padding: 'x'.repeat(200) };
    for (let i = 0; i < 3; i++) {
      const json = JSON.stringify(long);
      expect(JSON.stringify(decodeEntry(written(long, codec), codec)?.value)).toBe(json);
    }
  });

  test('an entry that was cut or damaged is a miss, and so is one that this process has no codec for', () => {
    const entry = written(LIST, codec);
    expect(decodeEntry(entry)).toBeUndefined();
    const at = entry.length - 20;
    const other = entry.slice(0, at) + (entry[at] === 'A' ? 'B' : 'A') + entry.slice(at + 1);
    for (const damaged of [
      other,
      entry.slice(0, -8),
      `${entry}AAAA`,
      entry.replace(/:/, ''),
      entry.slice(0, entry.indexOf('\n') + 1),
    ])
      expect(decodeEntry(damaged, codec)).toBeUndefined();
  });

  test('JSON, and absences, are read as ever', () => {
    expect(decodeEntry(written({ a: 1 }), codec)?.value).toEqual({ a: 1 });
    expect(decodeEntry(encodeEntry(HEADER, undefined, codec), codec)).toMatchObject({ value: undefined, json: undefined });
  });

  test('a format of a later version is a miss', () => {
    expect(decodeEntry(`C2y${written(LIST, codec).slice(3)}`, codec)).toBeUndefined();
    expect(decodeEntry(`C3${written(LIST, codec).slice(2)}`, codec)).toBeUndefined();
  });
});

test('values that gain nothing are written as JSON', () => {
  expect(format(written({ a: 1 }, messagePack()))).toBe('j');
  expect(format(written({ a: 1 }, compression()))).toBe('j');
  const noise = Array.from({ length: 4000 }, (_, i) => ((i * 2654435761) % 4294967296).toString(36)).join('');
  expect(format(written(noise, compression({ minSaving: 0.5 })))).toBe('j');
  expect(format(written(noise, compression({ minSaving: 0.1 })))).toBe('b');
});

test('a codec that only reads writes JSON', () => {
  expect(format(written(LIST, messagePack({ minLength: 0, write: false })))).toBe('j');
  expect(format(written(LIST, compression({ minBytes: 0, write: false })))).toBe('j');
  expect(decodeEntry(written(LIST, packed), messagePack({ write: false }))?.value).toEqual(LIST);
});

test.each(['brotli', 'deflate'] as const)('a bomb of %s is a miss, and is not inflated', (algorithm) => {
  const codec = compression({ algorithm, minBytes: 0, maxBytes: 100_000 });
  const plain = Buffer.concat([Buffer.from('j"'), Buffer.alloc(20_000_000, 'a'), Buffer.from('"')]);
  const bomb = algorithm === 'brotli' ? zlib.brotliCompressSync(plain) : zlib.deflateSync(plain);
  const entry = entryOfBytes(algorithm === 'brotli' ? 'b' : 'd', bomb);
  const before = process.memoryUsage().rss;
  expect(decodeEntry(entry, codec)).toBeUndefined();
  expect(process.memoryUsage().rss - before).toBeLessThan(15_000_000);
  expect(decodeEntry(entry, compression({ maxBytes: 30_000_000 }))?.value).toHaveLength(20_000_000);
  // What could not be read again isn't written.
  expect(format(written('a'.repeat(100_000), codec))).toBe('j');
});

test('the library writes only its own bytes, which any other reader of MessagePack records reads', () => {
  const bytes = Buffer.from(body(written(LIST, packed)).split(':')[1] as string, 'base64');
  for (let i = 0; i < 3; i++) written([{ other: i }], packed);
  expect(new Packr({ useRecords: true }).unpack(bytes)).toEqual(LIST);
});

test('options that cannot be used are refused by name', () => {
  expect(() => compression({ algorithm: 'lz4' as never })).toThrow(
    /'algorithm' must be one that Node .* \('brotli', .*, got: "lz4"/,
  );
  expect(() => compression({ minSaving: 2 })).toThrow("'minSaving' must be a number from 0 to 1, got: 2");
  expect(() => messagePack({ minLength: Number.NaN })).toThrow("'minLength' must be a number from 0 to");
});

describe('a cache with a codec', () => {
  const codec = compression({ codec: messagePack({ minLength: 0 }), minBytes: 0 });
  const policy = { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 60 }, share: 'copy' } as const;

  test('shares entries between processes, and gives copies of them', async () => {
    const { a, b, store, source, process } = platform({ codec });
    source.value = LIST;
    const load = async () => source.value as typeof LIST;
    await a.namespace('things', policy).getOrSet('k', load);
    expect(format(store.values.get('things/1/k')!.entry)).toBe('b');
    const things = b.namespace('things', policy);
    const first = await things.read<typeof LIST>('k', load);
    expect(first).toMatchObject({ value: LIST, outcome: { tier: 'shared', status: 'hit' } });
    (first.value as unknown[]).length = 0;
    expect(await things.getOrSet('k', load)).toEqual(LIST);
    const remembering = process().namespace('things', { ...policy, freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 60 } });
    for (const tier of ['shared', 'memory'])
      expect(await remembering.read('k', load)).toMatchObject({ value: LIST, outcome: { tier } });
    expect(source.loads.length).toBe(1);
  });

  test('a process without it loads over what it cannot read', async () => {
    const { a, store, source, clock } = platform({ codec });
    const plain = platform({ shared: store, source, clock } as never).a;
    source.value = LIST;
    await a.namespace('things', policy).getOrSet('k', async () => source.value);
    const read = await plain.namespace('things', policy).read('k', async () => source.value);
    expect(read).toMatchObject({ value: LIST, outcome: { status: 'miss', stored: true } });
    expect(format(store.values.get('things/1/k')!.entry)).toBe('j');
  });

  test('a value in hand is written by it, and refused where it is too large all the same', async () => {
    const { a, store } = platform({ codec, maxEntryLength: 2000 });
    const things = a.namespace('things', policy);
    expect(await things.set('k', 'a'.repeat(3000), { rowVersion: 1 })).toBe(true);
    expect(format(store.values.get('things/1/k')!.entry)).toBe('b');
    expect(await things.get('k')).toBe('a'.repeat(3000));
    const noise = Array.from({ length: 4000 }, (_, i) => ((i * 2654435761) % 4294967296).toString(36)).join('');
    expect(await things.set('k', noise, { rowVersion: 2 })).toBe(false);
    expect(await things.get('k')).toBeUndefined();
  });
});
