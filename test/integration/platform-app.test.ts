import { processTree } from '../../local/process-tree';
import { startTestPlatform, type TestPlatform, waitFor } from '../support/platform';

/** Berlin. */
const PLACE = '/places/2950159';
const LIST = '/places?country=DE&limit=20&page=1';

/** From a change to its visibility at the edge; the drain and the delay of an invalidation take most of it. */
const FRESH_WITHIN_MS = 15_000;

/** How long that takes where nothing is in the way and the machine is busy. */
const USUALLY_FRESH_MS = 11_000;

const before = processTree(process.pid);
let platform: TestPlatform;

beforeAll(async () => {
  platform = await startTestPlatform();
});

afterAll(() => platform?.dispose());

const cacheResult = async (path: string) => (await platform.get(path)).headers['x-cache'];

async function change(population: number): Promise<string> {
  const answer = await platform.request(PLACE, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: { population },
  });
  expect(answer.status).toBe(200);
  expect(answer.json()).toMatchObject({ population });
  return answer.json().purgeId;
}

const population = async () => (await platform.get(PLACE)).json().population as number;

const populationInList = async () => {
  const { places } = (await platform.get(LIST)).json() as { places: { id: number; population: number }[] };
  return places.find(({ id }) => id === 2950159)?.population;
};

interface Ledger {
  committedAt: string;
  completedAt?: string;
  steps: { step: string; at?: string; acceptedAt?: string }[];
}

const ledger = async (purgeId: string): Promise<Ledger> => (await platform.get(`/purges/${purgeId}`)).json();

const nameOf = (part: string) =>
  platform.model.ref(platform.model.resources('AWS::Lambda::Function').find(({ logicalId }) => logicalId.includes(part))!);

describe('the app on this machine', () => {
  test('answers from the tiers, and then from the edge', async () => {
    const first = await platform.get(PLACE);
    expect(first.status).toBe(200);
    expect(first.json()).toMatchObject({ id: 2950159, name: 'Berlin', country: 'DE' });
    expect(first.headers['x-cache']).toBe('Miss from cloudfront');
    expect(first.headers['cache-status']).toMatch(/shared; fwd=miss.*memory; fwd=miss/);

    const second = await platform.get(PLACE);
    expect(second.headers['x-cache']).toBe('Hit from cloudfront');
    expect(Number(second.headers.age)).toBeGreaterThanOrEqual(0);
    expect(second.body).toBe(first.body);
  });

  test('makes a change visible at the edge, purged from the inside out', async () => {
    await Promise.all([platform.get(PLACE), platform.get(LIST)]);
    expect(await Promise.all([cacheResult(PLACE), cacheResult(LIST)])).toEqual(['Hit from cloudfront', 'Hit from cloudfront']);

    const purgeId = await change(4_000_001);
    await waitFor('the change at the edge', async () => (await population()) === 4_000_001, { timeoutMs: FRESH_WITHIN_MS });
    await waitFor('the change in the list', async () => (await populationInList()) === 4_000_001, { timeoutMs: FRESH_WITHIN_MS });

    const { committedAt, steps } = await waitFor('the end of the purge', async () => {
      const found = await ledger(purgeId);
      return found.completedAt !== undefined && found;
    });
    const times = ['shared', 'gateway', 'edge'].map((name) => {
      const found = steps.find(({ step }) => step === name)!;
      return Date.parse((found.acceptedAt ?? found.at)!);
    });
    expect([Date.parse(committedAt), ...times]).toEqual([Date.parse(committedAt), ...times].sort((a, b) => a - b));
  });

  test('keeps the old value at the edge while the executor is stopped, since nothing else refreshes it', async () => {
    const old = await population();
    expect(await cacheResult(PLACE)).toBe('Hit from cloudfront');
    const executor = nameOf('Executor');
    platform.lambda.stop(executor);
    try {
      const purgeId = await change(old + 1);
      await waitFor('the shared step', async () => (await ledger(purgeId)).steps.some(({ step, at }) => step === 'shared' && at));
      const later = Date.now() + USUALLY_FRESH_MS;
      await waitFor('the time in which it would have reached the edge', () => Date.now() > later);
      expect(await population()).toBe(old);
    } finally {
      platform.lambda.resume(executor);
    }
    await waitFor('the change at the edge', async () => (await population()) === old + 1, { timeoutMs: 60_000 });
  });

  test('says that every tier is well', async () => {
    const health = await platform.get('/health');
    expect(health.status).toBe(200);
    expect(health.json()).toMatchObject({ status: 'ok' });
  });

  test('leaves no process behind', async () => {
    expect(processTree(process.pid).length).toBeGreaterThan(before.length + 8);
    await platform.dispose();
    expect(processTree(process.pid).filter((pid) => !before.includes(pid))).toEqual([]);
  });
});
