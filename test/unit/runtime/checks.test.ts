import type { Check } from '../../../lambdas/runtime/checks/comparison';
import { type SampledChecksOptions, sampledChecks } from '../../../lambdas/runtime/checks/sampled-checks';
import { Ticket } from '../../../lambdas/runtime/ticket';
import { defineRoute } from '../../../lib/route';
import { version } from '../../contract/shared-store';
import { platform } from '../../support/cache-processes';
import { settled } from '../../support/fake-clock';

function setup(options: Partial<SampledChecksOptions<undefined>> = {}) {
  const made = platform();
  const { clock, source, a } = made;
  const found: Check[] = [];
  const checks = sampledChecks({
    source,
    share: 1,
    background: true,
    perSecond: 1000,
    onCheck: (check) => found.push(check),
    clock,
    random: () => 0.5,
    ...options,
  });
  const things = a.namespace('things', { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: 600 }, earlyRefresh: 0 });
  const watched = checks.watch(things);
  const read = () => watched.getOrSet('k', async () => source.value);
  return { ...made, checks, found, things, watched, read };
}

test('a value that the primary has, too, is fresh', async () => {
  const { read, found, checks, clock } = setup();
  await read();
  await settled();
  // What was loaded just now isn't compared.
  expect(found).toEqual([]);
  expect(await read()).toBe('v1');
  await clock.advance(1);
  expect(found).toEqual([{ name: 'things', key: 'k', result: 'fresh', tier: 'shared', ageSeconds: 0 }]);
  expect(checks.counts).toEqual({ fresh: 1, late: 0, stale: 0, failed: 0 });
});

test('a value that the primary has replaced, and that nobody purged, is stale after the grace', async () => {
  const { read, found, source, clock } = setup({ graceMs: 3000 });
  await read();
  source.write('v2');
  expect(await read()).toBe('v1');
  await settled();
  await clock.advance(2999);
  expect(found).toEqual([]);
  await clock.advance(1);
  expect(found).toMatchObject([{ result: 'stale', tier: 'shared' }]);
});

test('a value whose purge was on its way is late, and no fault', async () => {
  const { read, found, source, clock, things } = setup();
  await read();
  const written = source.write('v2');
  await read();
  await clock.advance(100);
  await things.delete('k', { version: written });
  await clock.advance(3000);
  expect(found).toMatchObject([{ result: 'late' }]);
});

test('a value that the primary has again is late', async () => {
  const { read, found, source, clock } = setup();
  await read();
  source.write('v2');
  await read();
  await clock.advance(100);
  source.write('v1');
  await clock.advance(3000);
  expect(found).toMatchObject([{ result: 'late' }]);
});

test('a primary that fails costs a check, and nobody an answer', async () => {
  const { read, found, source, clock } = setup();
  await read();
  source.load = () => Promise.reject(new Error('it is down'));
  expect(await read()).toBe('v1');
  await clock.advance(1);
  expect(found).toMatchObject([{ result: 'failed', error: new Error('it is down') }]);
});

test('an answer never waits for a comparison, and there are no more of them than are allowed', async () => {
  const { read, source, clock, found } = setup({ perSecond: 1 });
  await read();
  const load = source.load.bind(source);
  let loads = 0;
  source.load = (loader, request) => {
    loads++;
    expect(request).toEqual({ primaryOnly: true });
    return load(loader, request);
  };
  for (let i = 0; i < 100; i++) expect(await read()).toBe('v1');
  expect(loads).toBeLessThanOrEqual(1);
  for (let i = 0; i < 5; i++) await clock.advance(1000);
  expect(loads).toBeLessThanOrEqual(6);
  expect(found.length).toBeGreaterThan(2);
  // Of a hundred samples only some wait; the rest is forgotten.
  for (let i = 0; i < 100; i++) await clock.advance(1000);
  expect(loads).toBeLessThanOrEqual(21);
});

test('in a Lambda they run when the handler says so, within its budget', async () => {
  const { read, source, clock, found, checks } = setup({ background: false });
  await read();
  await read();
  await clock.advance(10_000);
  expect(found).toEqual([]);
  source.write('v2');
  await checks.run();
  expect(found).toEqual([]);
  // The second look is due in a later invocation.
  await clock.advance(3000);
  await checks.run();
  expect(found).toMatchObject([{ result: 'stale' }]);

  // A primary that doesn't answer holds the invocation up for no longer than that.
  source.load = () => new Promise(() => {});
  await read();
  await clock.advance(10);
  let ended = false;
  const run = checks.run(50).then(() => (ended = true));
  await settled();
  expect(ended).toBe(false);
  await clock.advance(50);
  await run;
  expect(ended).toBe(true);
});

test('only a share is compared, and nothing that was read with a ticket', async () => {
  const { watched, source, clock, found, checks } = setup({ share: 0.4 });
  const load = async () => source.value;
  for (let i = 0; i < 10; i++) await watched.read('k', load);
  await clock.advance(1);
  expect(checks.counts.fresh).toBe(0);
  const all = setup();
  const ticket = Ticket.empty.with({ entryName: 'other' }, version(1));
  for (let i = 0; i < 3; i++) await all.watched.read('k', load, { ticket });
  for (let i = 0; i < 3; i++) await all.watched.getOrSet('k', load, { ticket });
  await all.clock.advance(1);
  expect([...found, ...all.found]).toEqual([]);
});

test('routes are compared, too, with what their loader is given', async () => {
  const { a, checks, source, clock, found } = setup();
  const route = defineRoute({ name: 'item', path: '/items/{id}', freshness: { sharedTtlSeconds: 60 }, tags: ['item:{id}'] });
  const routes = checks.watchRoutes(a);
  const load = async (_: undefined, context: { tag(...tags: string[]): void }) => {
    context.tag('another');
    return source.value;
  };
  for (let i = 0; i < 2; i++) await routes.getOrSet(route, { id: '1' }, load);
  await clock.advance(1);
  expect(found).toMatchObject([{ name: 'item', key: 'item/1/1', result: 'fresh', tier: 'memory' }]);
});

test('options out of their range are refused', () => {
  const { source } = platform();
  expect(() => sampledChecks({ source, share: 2 })).toThrow("'share' must be a number from 0 to 1, got: 2");
});

test('what waits to be compared ends with close(), and takes nothing more', async () => {
  const { a, source } = platform();
  const checks = sampledChecks({ source, share: 1 });
  const things = checks.watch(a.namespace('closed', { freshness: { sharedTtlSeconds: 60 } }));
  for (let read = 0; read < 10; read++) await things.getOrSet('1', async () => source.value);
  const loads = source.loads.length;
  await checks.close();
  for (let read = 0; read < 10; read++) await things.getOrSet('1', async () => source.value);
  await new Promise((resolve) => setImmediate(resolve));
  await checks.run();
  expect(source.loads.length).toBe(loads);
});
