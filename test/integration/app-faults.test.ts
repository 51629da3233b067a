import { engineNames, functionArn, withoutStageCache } from '../support/app';
import { startTestPlatform, type TestPlatform } from '../support/platform';
import { waitFor } from '../support/wait-for';

let platform: TestPlatform;

// Without the stage cache, so that every request reaches a function.
beforeAll(async () => {
  platform = await startTestPlatform({ edit: withoutStageCache });
});
afterAll(() => platform?.dispose());

let next = 2_950_000;
const get = (path: string) => platform.get(`${platform.urls.gateway}${path}`);
const health = async () =>
  (await get('/health')).json() as { status: string; shared: { status: string }; database: { replicas: { status: string }[] } };

/** Reads keys that are known and keys that are new, four at a time; none may fail. */
async function reads(): Promise<string[]> {
  const paths = Array.from({ length: 12 }, (_, i) => (i % 2 ? '/places/2950159' : `/places/${next++}`));
  const statuses: string[] = [];
  for (let from = 0; from < paths.length; from += 4) {
    const answers = await Promise.all(paths.slice(from, from + 4).map(get));
    for (const { status, headers, body } of answers) {
      expect({ status, body: status < 500 ? '' : body }).toEqual({ status: status === 404 ? 404 : 200, body: '' });
      statuses.push(String(headers['cache-status']));
    }
  }
  return statuses;
}

test('the Redis processes die one by one, then all: no request fails, health is degraded, and hits return with them', async () => {
  await reads();
  expect((await health()).status).toBe('ok');
  const nodes = await engineNames(platform, 'redis');
  for (const node of nodes) {
    await platform.engines.kill(node);
    await reads();
  }
  expect(await health()).toMatchObject({ status: 'degraded', shared: { status: 'down' } });
  expect((await get('/health')).status).toBe(200);
  await Promise.all(nodes.map((node) => platform.engines.restart(node)));
  await platform.engines.ready();
  await waitFor('hits', async () => (await reads()).some((status) => /^shared; hit/.test(status)), { timeoutMs: 30_000 });
  await waitFor('health', async () => (await health()).status === 'ok', { timeoutMs: 30_000 });
});

test('the standby is stopped: reads go to the primary, and health is degraded', async () => {
  const [standby] = await engineNames(platform, 'postgres-standby');
  await platform.engines.kill(standby as string);
  await reads();
  expect(await health()).toMatchObject({ status: 'degraded' });
  await platform.engines.restart(standby as string);
  await platform.engines.ready();
  await waitFor('health', async () => (await health()).status === 'ok', { timeoutMs: 30_000 });
});

test('the relay dies between commit and event: the sweep, which comes every minute, finds the purge', async () => {
  const relay = functionArn(platform, 'PurgeRelay');
  await platform.lambda.retire(relay);
  const change = platform.request(`${platform.urls.gateway}/places/2950159`, {
    method: 'PATCH',
    body: { population: 1_234_567 },
  });
  // The kick starts an environment of the relay; it dies before it can say anything on the bus.
  await waitFor('a relay to kill', () => platform.lambda.kill(relay) > 0, { timeoutMs: 30_000, everyMs: 2 });
  const { purgeId } = (await change).json() as { purgeId: string };
  expect((await get(`/purges/${purgeId}`)).json().steps).toEqual([]);
  const [sweep] = platform.model.resources('AWS::Events::Rule').filter(({ logicalId }) => logicalId.startsWith('PurgeSweep'));
  expect(sweep!.properties.ScheduleExpression).toBe('rate(1 minute)');
  // Now, in place of up to a minute later.
  platform.events.fire(platform.model.attribute(sweep!, 'Arn'));
  await waitFor(
    'the purge',
    async () => {
      const { steps } = (await get(`/purges/${purgeId}`)).json() as { steps: { step: string }[] };
      return steps.some(({ step }) => step === 'shared');
    },
    { timeoutMs: 30_000 },
  );
});
