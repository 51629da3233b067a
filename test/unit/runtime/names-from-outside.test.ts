import { defineRoute } from '../../../lib/route';
import { platform } from '../../support/cache-processes';
import { fuzz } from '../../support/fuzz';
import { expectNothingPolluted, NAMES_FROM_OUTSIDE } from '../../support/names-from-outside';

const thing = defineRoute({
  name: 'thing',
  path: '/things/{id}',
  query: { page: {} },
  freshness: { memoryTtlSeconds: 60, sharedTtlSeconds: 600 },
  tags: ['things'],
});

const POLICY = { freshness: { memoryTtlSeconds: 60, sharedTtlSeconds: 600 } };

/** An object with a member of its own under any name, as JSON has it. */
const withMember = (name: string, value: unknown): unknown => JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`);

/** Names that are the same text to everybody: UTF-8 has no lone surrogates. */
const UNICODE = NAMES_FROM_OUTSIDE.filter((name) => Buffer.from(name).toString() === name);

afterEach(expectNothingPolluted);

test.each(UNICODE.map((name) => [JSON.stringify(name).slice(0, 40), name]))('%s is a key like any other', async (_, name) => {
  const { a, b } = platform();
  const [first, second] = [a.namespace('users', POLICY), b.namespace('users', POLICY)];
  const keyed = (key: string) => async () => withMember(key, key);
  for (const key of [name, `${name}x`]) {
    const outcome = await first.getOrSet(key, keyed(key)).catch((error: Error) => error.name);
    // A key that no tier takes is refused, and not another's.
    expect(outcome).toEqual(outcome === 'CacheError' ? 'CacheError' : withMember(key, key));
    if (outcome !== 'CacheError') expect(await second.get(key)).toEqual(withMember(key, key));
  }
});

test.each(
  UNICODE.map((name) => [JSON.stringify(name).slice(0, 40), name]),
)('%s is a parameter like any other', async (_, name) => {
  const { a, b } = platform();
  const load = async () => withMember(name, [name]);
  const parameters = { id: name, page: name };
  const read = async (cache: typeof a, loader: () => Promise<unknown>) => (await cache.getOrSet(thing, parameters, loader)).value;
  const outcome = await read(a, load).catch((error: Error) => error.name);
  expect(outcome).toEqual(outcome === 'CacheError' ? 'CacheError' : withMember(name, [name]));
  if (outcome !== 'CacheError') expect(await read(b, async () => 'loaded again')).toEqual(outcome);
});

test('what a loader returns comes back from every tier, whatever its members are called', async () => {
  const { choices, rounds } = fuzz(100);
  const value = (depth: number): unknown => {
    const name = choices.pick(UNICODE);
    if (depth === 0) return choices.pick([name, 1, true, null, ...UNICODE]);
    return choices.chance(0.5) ? withMember(name, value(depth - 1)) : [value(depth - 1)];
  };
  for (let round = 0; round < rounds; round += 1) {
    const { a, b } = platform();
    const expected = value(4);
    const text = JSON.stringify(expected);
    for (const cache of [a, a, b]) {
      const { value: got } = await cache.getOrSet(thing, { id: '1' }, async () => JSON.parse(text));
      expect(JSON.stringify(got)).toBe(text);
    }
  }
});

test.each(
  NAMES_FROM_OUTSIDE.map((name) => [JSON.stringify(name).slice(0, 40), name]),
)('%s is a tag, or refused by name', async (_, name) => {
  const { a } = platform();
  const outcome = await a.purgeTags([name], { version: '000000010000000000000001' }).then(
    () => 'purged',
    (error: Error) => error.message,
  );
  expect(outcome).toMatch(/^purged$|a tag must be/);
});
