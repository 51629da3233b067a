import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { forgetRunning, type RunningPlatform, recordRunning } from '../../local/dev/running';
import { functionArn } from '../support/app';
import { startTestPlatform, type TestPlatform } from '../support/platform';
import { waitFor } from '../support/wait-for';

const BERLIN = '/places/2950159';

let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(() => platform?.dispose());

const patch = async (population: number) => {
  const answer = await platform.request(BERLIN, { method: 'PATCH', body: { population } });
  expect(answer.status).toBe(200);
  return answer.json() as { population: number; purgeId: string };
};
const populationAtEdge = async () => (await platform.get(BERLIN)).json().population as number;
const completed = (purgeId: string) =>
  waitFor(
    'the completed purge',
    async () => {
      const report = (await platform.get(`/purges/${purgeId}`)).json();
      return report.completedAt && report;
    },
    { timeoutMs: 100_000 },
  );

describe('a request', () => {
  test('is a miss in every tier, then a hit at the edge', async () => {
    const first = await platform.get(BERLIN);
    expect(first.status).toBe(200);
    expect(first.json()).toMatchObject({ id: 2950159, name: 'Berlin', country: 'DE' });
    expect(first.headers['x-cache']).toBe('Miss from cloudfront');
    expect(first.headers['cache-status']).toBe('shared; fwd=miss; stored, memory; fwd=miss');
    expect(first.headers['x-amz-meta-cache-tag']).toBeUndefined();
    const second = await platform.get(BERLIN);
    expect(second.headers['x-cache']).toBe('Hit from cloudfront');
    expect(second.headers.age).toMatch(/^\d+$/);
    expect(second.body).toBe(first.body);
  });

  test('a thousand at once for one cold key are one request to the origin', async () => {
    const before = platform.edge.stats().originRequests;
    const answers = await Promise.all(Array.from({ length: 1000 }, () => platform.get('/places/2911298')));
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(1);
    expect(answers[0]?.json()).toMatchObject({ name: 'Hamburg' });
    expect(platform.edge.stats().originRequests - before).toBe(1);
  });

  test('finds places around a point and by their names, and a place that has moved where it is', async () => {
    const near = async (lat: number, lon: number): Promise<string[]> =>
      (await platform.get(`/places/nearby?lat=${lat}&lon=${lon}&radius=5`))
        .json()
        .places.map(({ name }: { name: string }) => name);
    for (const _ of ['loaded', 'cached']) {
      expect((await near(52.52, 13.41)).slice(0, 2)).toEqual(['Mitte', 'Berlin']);
      expect(await near(0.1, -30.2)).toEqual([]);
    }
    const moved = await platform.request('/places/6545310', {
      method: 'PATCH',
      body: { location: { latitude: 0.1, longitude: -30.2 } },
    });
    expect(moved.status).toBe(200);
    expect(await near(0.1, -30.2)).toEqual(['Mitte']);
    expect((await near(52.52, 13.41))[0]).toBe('Berlin');

    const first = (await platform.get('/places/search?q=SAN%20')).json();
    const second = (await platform.get(`/places/search?q=san&cursor=${first.cursor}`)).json();
    expect([first.places.length, second.places.length]).toEqual([20, 20]);
    const ids = [...first.places, ...second.places].map(({ id }: { id: number }) => id);
    expect(new Set(ids).size).toBe(40);
  });

  test.each([
    ['an id that is not a whole number', 'GET', '/places/berlin', undefined, 400],
    ['a place that there is not', 'GET', '/places/999999999', undefined, 404],
    ['a limit over 40', 'GET', '/places?country=DE&limit=41', undefined, 400],
    ['a list without a country', 'GET', '/places', undefined, 400],
    ['an unknown purge', 'GET', '/purges/00000000-0000-4000-8000-000000000000', undefined, 404],
    ['a wrong method', 'DELETE', BERLIN, undefined, 405],
    ['an unknown field', 'PATCH', BERLIN, { mayor: 'x' }, 400],
    ['a wrong type', 'PATCH', BERLIN, { population: 'many' }, 400],
    ['a body that is not JSON', 'PATCH', BERLIN, '{', 400],
    ['a body over 64 KiB', 'PATCH', BERLIN, { name: 'x'.repeat(65_536) }, 413],
  ])('%s is answered with a problem: %s %s', async (_, method, path, body, status) => {
    const answer = await platform.request(path, { method, ...(body === undefined ? {} : { body }) });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
  });
});

describe('a change', () => {
  test('is at the edge within 15 seconds, in the list of its country too, and its ledger names the tiers inside out', async () => {
    await platform.get(BERLIN);
    await platform.get('/places?country=DE&limit=3');
    const { purgeId } = await patch(3_755_251);
    await waitFor('the new value at the edge', async () => (await populationAtEdge()) === 3_755_251, { timeoutMs: 15_000 });
    await waitFor(
      'the new value in the list',
      async () => (await platform.get('/places?country=DE&limit=3')).json().places[0].population === 3_755_251,
      { timeoutMs: 15_000 },
    );
    const report = await completed(purgeId);
    const steps = report.steps as { step: string; at: string; acceptedAt?: string }[];
    expect(steps.map(({ step }) => step)).toEqual(['event', 'shared', 'gateway', 'edge']);
    const times = [report.committedAt, ...steps.slice(1).map(({ at }) => at)].map((at) => Date.parse(at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(report.tags).toEqual(['place:2950159', 'country:de']);
  });

  test('stays invisible at the edge while the executor is stopped, and is visible once it runs', async () => {
    await platform.get(BERLIN);
    const executor = functionArn(platform, 'PurgeExecutor');
    platform.lambda.stop(executor);
    const { purgeId } = await patch(3_000_001);
    await waitFor('the shared tier', async () => {
      const { steps } = (await platform.get(`/purges/${purgeId}`)).json();
      return steps.some(({ step }: { step: string }) => step === 'shared');
    });
    // Longer than the drain and the delay of an invalidation, which are what an edge that is refreshed by anything else would
    // need.
    const until = Date.now() + 8000;
    while (Date.now() < until) expect(await populationAtEdge()).not.toBe(3_000_001);
    platform.lambda.resume(executor);
    await waitFor('the new value at the edge', async () => (await populationAtEdge()) === 3_000_001, { timeoutMs: 90_000 });
    await completed(purgeId);
  });
});

describe('cachement dev --connect', () => {
  const project = path.resolve(__dirname, '../..');
  let engines: RunningPlatform['engines'];
  beforeAll(async () => {
    ({ engines } = await recordRunning(platform, platform.stateDir));
  });
  afterAll(() => forgetRunning(platform.stateDir));

  test.each([
    ['redis', 'ACL WHOAMI\n', (user: string) => user],
    [
      'postgres',
      "SELECT current_user || ' by TLS: ' || ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid();\n",
      (user: string) => `${user} by TLS: true`,
    ],
  ])('opens the client of %s as its administrator, over TLS, or says the command', (kind, input, answer) => {
    const words = [path.join(project, 'cli/cachement.cjs'), 'dev', '--connect', kind, '--state', platform.stateDir];
    const { stdout, stderr } = spawnSync(process.execPath, words, { cwd: project, input, encoding: 'utf8' });
    expect(stderr).toBe('');
    const { user } = engines.find((engine) => engine.kind === kind)!;
    expect(stdout).toContain(/ is not installed/.test(stdout) ? 'the command is:' : answer(user));
  });
});
