import { PacedLoads } from '../../../lambdas/platform/purge/paced-loads';
import { createWarmer, warmStep } from '../../../lambdas/platform/purge/warm';
import type { WarmerOptions, WarmKey } from '../../../lambdas/platform/purge/warm-options';
import type { Ticket } from '../../../lambdas/runtime/ticket';
import { defineRoute, type Route, type RouteParameters } from '../../../lib/route';

const VERSION = '000000010000000001D5DF98';
const LATER = '000000010000000001D5DF99';
const route = defineRoute({
  name: 'item',
  path: '/items/{id}',
  freshness: { sharedTtlSeconds: 60 },
  tags: ['item:{id}', 'items'],
});

const message = (tags: string[], version = VERSION) => ({
  messageId: version,
  detail: { purgeId: 'aaaaaaaa-0000-4000-8000-000000000000', tags, mode: 'delete' as const, version },
});

/** A step over three keys, what was read when, and a clock that only sleeping moves. */
function warmer(load = async (id: string): Promise<unknown> => id) {
  const reads: { id: string; at: number; version: string | undefined }[] = [];
  let now = 0;
  const clock = {
    now: () => now,
    sleep: async (milliseconds: number) => {
      now += milliseconds;
    },
  };
  const keys = ['1', '2', '3'].map((id): WarmKey => ({ route, parameters: { id }, load: () => load(id) }));
  const cache = {
    getOrSet: async (
      _route: Route,
      { id = '' }: RouteParameters,
      loader: (handle: unknown) => Promise<unknown>,
      options: { readonly ticket?: Ticket } = {},
    ) => {
      reads.push({ id, at: now, version: options.ticket?.versionFor('', [`item:${id}`, 'items']) });
      await loader(undefined);
    },
  } as unknown as WarmerOptions['cache'];
  return { step: warmStep({ cache, keys }, new PacedLoads(4, clock)), reads };
}

let lines: string[];
beforeEach(() => {
  lines = [];
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
});
afterEach(() => jest.restoreAllMocks());

test('keys that carry a purged tag are read again, as new as the purge, and no others', async () => {
  const { step, reads } = warmer();
  expect(await step([message(['item:2', 'other'])])).toEqual([]);
  expect(reads).toEqual([{ id: '2', at: 0, version: VERSION }]);
  expect(lines.some((line) => line.includes('"KeysWarmed":1'))).toBe(true);
});

test('purges of one moment are warmed once, as new as the last of them', async () => {
  const { step, reads } = warmer();
  await step([message(['item:2'], LATER), message(['item:2'])]);
  expect(reads).toEqual([{ id: '2', at: 0, version: LATER }]);
});

test('a purge of everything reaches the database at a rate', async () => {
  const { step, reads } = warmer();
  await step([message(['items'])]);
  expect(reads.map(({ at }) => at)).toEqual([0, 250, 500]);
});

test('a key that fails is left to its next reader, and holds up no other', async () => {
  const { step, reads } = warmer(async (id) => {
    if (id === '1') throw new Error('a bug');
  });
  expect(await step([message(['items'])])).toEqual([]);
  expect(reads.map(({ id }) => id)).toEqual(['1', '2', '3']);
  expect(lines.some((line) => line.includes('"KeysWarmed":2'))).toBe(true);
});

test('a purge of everything is warmed no further once the database is away', async () => {
  const { step, reads } = warmer(async (id) => {
    if (id === '2') throw Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });
  });
  expect(await step([message(['items'])])).toEqual([]);
  expect(reads.map(({ id }) => id)).toEqual(['1', '2']);
});

test('fails when there are more keys than one invocation reads', () => {
  const keys = Array.from({ length: 201 }, (_, id) => ({ route, parameters: { id: String(id) }, load: async () => {} }));
  expect(() => createWarmer({ cache: { getOrSet: jest.fn() }, keys })).toThrow(
    "'keys' must be at most 200, got: 201; warm the hottest only",
  );
});
