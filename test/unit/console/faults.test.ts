import type { AssemblyModel } from '../../../local/assembly';
import { FaultPanel } from '../../../local/console/faults';
import type { FaultRow, RequestRow } from '../../../local/console/protocol';
import type { Products } from '../../../local/products';

const TYPES = [
  'AWS::ElastiCache::ReplicationGroup',
  'AWS::Events::Rule',
  'AWS::CloudFront::Distribution',
  'AWS::Lambda::Function',
];

/** A platform that writes down what is done to it. */
function panel(types: readonly string[] = TYPES) {
  const done: string[] = [];
  let primaries = ['redis:a', 'redis:b'];
  const products = {
    engines: {
      processes: async () => [
        ...primaries.map((name) => ({ name, kind: 'redis', role: 'primary', port: 1, pid: 1 })),
        { name: 'redis:c', kind: 'redis', role: 'replica', port: 1, pid: 1 },
      ],
      kill: async (name: string, signal = 'SIGKILL') => {
        if (name === 'redis:b') throw new Error('it is made of stone');
        done.push(`${signal} ${name}`);
        primaries = primaries.filter((other) => other !== name);
      },
      restart: async (name: string) => void done.push(`restart ${name}`),
    },
    events: { setDelivery: (options: object) => done.push(`bus ${JSON.stringify(options)}`) },
    edge: { setInvalidationTimes: (times?: object) => done.push(`edge ${JSON.stringify(times)}`) },
    lambda: { kill: (name: string) => (name === 'reader' ? done.push(`kill ${name}`) : 0) },
  } as unknown as Products;
  const model = {
    resources: (type: string) =>
      !types.includes(type)
        ? []
        : type === 'AWS::Lambda::Function'
          ? [{ name: 'writer' }, { name: 'reader' }]
          : [{ name: type, properties: {} }],
    ref: ({ name }: { name: string }) => name,
  } as unknown as AssemblyModel;
  const lines: string[] = [];
  const faults = new FaultPanel(products, model, (line) => lines.push(line));
  const row = async (id: string) => (await faults.rows()).find((one) => one.id === id) as FaultRow;
  return { faults, done, row, lines };
}

const answer = (parts: Partial<RequestRow> = {}): RequestRow => ({
  seq: 1,
  id: 'e1',
  at: Date.now(),
  ms: 5,
  method: 'GET',
  url: '/',
  status: 200,
  asked: 'edge',
  answeredBy: 'edge',
  steps: [],
  tags: [],
  headers: [],
  ...parts,
});

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('a fault is done to its target, shows what viewers got, and is undone', async () => {
  const { faults, done, row } = panel();
  expect(await row('stop-cache-primary')).toMatchObject({ state: 'off', targets: ['redis:a', 'redis:b'] });
  await faults.set('stop-cache-primary', true);
  expect(await row('stop-cache-primary')).toMatchObject({ state: 'on', target: 'redis:a', seen: { answers: 0 } });
  const bad = answer({ status: 502, ms: 90 });
  const past = answer({ steps: [{ at: 'shared', outcome: 'stale' }] });
  faults.add([answer(), bad, past, answer({ at: Date.now() - 1 }), answer({ asked: 'gateway' })]);
  faults.addStale([bad, answer({ at: Date.now() - 1 })]);
  const seen = { answers: 3, errors: 1, stale: 1, pastFreshness: 1, p95: 90 };
  expect((await row('stop-cache-primary')).seen).toMatchObject(seen);
  await jest.advanceTimersByTimeAsync(1000);
  await faults.set('stop-cache-primary', false);
  faults.add([answer({ at: Date.now() + 1 })]);
  const after = await row('stop-cache-primary');
  expect(after).toMatchObject({ state: 'off', seen });
  expect((after.seen?.to ?? 0) - (after.seen?.from ?? 0)).toBe(1000);
  expect(done).toEqual(['SIGKILL redis:a', 'restart redis:a']);
});

test('faults of the bus are independent of each other', async () => {
  const { faults, done } = panel();
  await faults.set('delay-bus', true);
  await faults.set('double-bus', true);
  await faults.set('delay-bus', false);
  await faults.set('double-bus', false);
  expect(done).toEqual([
    'bus {"latencyMs":5000}',
    'bus {"latencyMs":5000,"duplicateProbability":1}',
    'bus {"duplicateProbability":1}',
    'bus {}',
  ]);
});

test('a fault that is over by itself counts for a while after it', async () => {
  const { faults, done, row } = panel();
  await faults.set('kill-function', true, 'reader');
  expect(await row('kill-function')).toMatchObject({ kind: 'once', state: 'on', target: 'reader' });
  await jest.advanceTimersByTimeAsync(10_000);
  expect(await row('kill-function')).toMatchObject({ state: 'off', seen: { to: expect.any(Number) } });
  expect(done).toEqual(['kill reader']);
  await faults.set('kill-function', true, 'writer');
  expect(await row('kill-function')).toMatchObject({
    state: 'off',
    problem: 'writer has no process now: nobody has called it lately',
  });
});

test('a fault that fails is undone, and says why', async () => {
  const { faults, done, row, lines } = panel();
  await faults.set('stop-cache-primary', true, 'redis:b');
  expect(await row('stop-cache-primary')).toMatchObject({ state: 'off', problem: 'it is made of stone' });
  expect(done).toEqual(['restart redis:b']);
  expect(lines).toEqual(["fault 'Stop a primary of the shared tier' could not be switched on: it is made of stone"]);
});

test('what is on when the platform ends is undone', async () => {
  const { faults, done } = panel();
  await faults.set('slow-invalidations', true);
  await faults.set('slow-invalidations', true);
  await faults.set('kill-function', true, 'reader');
  await faults.dispose();
  expect(done).toEqual(['edge {"effectiveMs":20000,"completedMs":25000}', 'kill reader', 'edge undefined']);
  expect(jest.getTimerCount()).toBe(0);
});

test('neither a fault nor a target that is not there is switched', async () => {
  const { faults } = panel();
  await expect(faults.set('constructor', true)).rejects.toThrow("there is no fault 'constructor'");
  await expect(faults.set('stop-cache-primary', true, 'redis:c')).rejects.toThrow(
    "'target' must be one of: redis:a, redis:b, got: 'redis:c'",
  );
});

test('a template without something has no faults of it', async () => {
  const { faults } = panel(['AWS::Lambda::Function']);
  expect((await faults.rows()).map(({ id }) => id)).toEqual(['kill-function']);
});
