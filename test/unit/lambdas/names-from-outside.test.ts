import { uncached } from '../../../lambdas/platform/http/response';
import { createRouter } from '../../../lambdas/platform/http/router';
import { createWorker } from '../../../lambdas/platform/purge/worker';
import { RELAY_EVENTS, SHARED_EVENTS } from '../../../lib/contract/events';
import { defineRoute } from '../../../lib/route';
import { fuzz } from '../../support/fuzz';
import { expectNothingPolluted, NAMES_FROM_OUTSIDE } from '../../support/names-from-outside';

let output: jest.SpyInstance;
beforeEach(() => {
  output = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(() => {
  output.mockRestore();
  expectNothingPolluted();
});

/** An object with a member of its own under any name, as JSON has it. */
const object = (name: string, value: unknown) => JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`);

test('no name in a request makes a function fail', async () => {
  const { choices, rounds } = fuzz(400);
  const thing = defineRoute({ name: 'thing', path: '/things/{id}', query: { page: { default: '1' }, country: {} } });
  const echo = async ({ parameters }: { parameters: object }) => uncached(200, { ...parameters });
  const router = createRouter([{ route: thing, GET: echo, PATCH: async ({ json }) => uncached(200, json()) }]);
  const name = () => choices.pick([...NAMES_FROM_OUTSIDE, 'page', 'country', 'id']);
  for (let round = 0; round < rounds; round += 1) {
    const parameter = name();
    const event = {
      httpMethod: choices.pick(['GET', 'HEAD', 'PATCH', 'constructor', '__proto__']),
      path: choices.pick([`/things/${encodeURIComponent(Buffer.from(name()).toString())}`, `/things/${name()}`, name()]),
      headers: choices.pick([null, object(name(), name())]),
      queryStringParameters: choices.pick([null, object(parameter, name())]),
      multiValueQueryStringParameters: choices.pick([null, object(parameter, [name()]), object(parameter, [name(), name()])]),
      body: choices.pick([null, '', '[', 'null', JSON.stringify(object(name(), object(name(), 1)))]),
    };
    const { statusCode, body } = await router(event);
    const request = JSON.stringify(event).slice(0, 500);
    expect([request, [200, 400, 404, 405, 413].includes(statusCode) || statusCode]).toEqual([request, true]);
    expect(body).not.toContain('native code');
  }
});

test('no message makes a worker fail: what makes no sense goes back to the queue', async () => {
  const { choices, rounds } = fuzz(400);
  const seen: object[] = [];
  const note = async (messages: readonly object[]) => {
    seen.push(...messages);
    return [];
  };
  const types = [...RELAY_EVENTS, ...SHARED_EVENTS];
  const worker = createWorker(Object.fromEntries(types.map((type) => [type, note])));
  const value = () => choices.pick<unknown>([...NAMES_FROM_OUTSIDE, 0, -1, 1e308, null, true, [], [[]], {}, ['a']]);
  for (let round = 0; round < rounds; round += 1) {
    const type = choices.pick([...types, ...NAMES_FROM_OUTSIDE]);
    const detail = choices.pick([value(), object(choices.pick([...NAMES_FROM_OUTSIDE, 'purgeId', 'tags', 'shards']), value())]);
    const body = choices.pick([JSON.stringify({ source: 'cachement', 'detail-type': type, detail }), String(value())]);
    const before = seen.length;
    const { batchItemFailures } = await worker({ Records: [{ messageId: '1', body }] });
    // Only a kick needs nothing.
    const isKick = body.startsWith('{') && JSON.parse(body)['detail-type'] === 'OutboxKicked';
    expect([body.slice(0, 300), batchItemFailures.length]).toEqual([body.slice(0, 300), isKick ? 0 : 1]);
    expect(seen).toHaveLength(before + (isKick ? 1 : 0));
  }
});
