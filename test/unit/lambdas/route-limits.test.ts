import { limitedCaller, network, viewerAddress } from '../../../lambdas/platform/http/caller';
import type { ProxyEvent } from '../../../lambdas/platform/http/request';
import { uncached } from '../../../lambdas/platform/http/response';
import { createRouter } from '../../../lambdas/platform/http/router';
import { RedisConnection } from '../../../lambdas/runtime';
import { defineRoute, type RouteLimit } from '../../../lib/route';

const limit: RouteLimit = { requests: 20, windowSeconds: 60, by: 'address', onUnavailable: 'local' };
const event = (more: Partial<ProxyEvent> = {}): ProxyEvent => ({ httpMethod: 'GET', path: '/things', ...more });
const from = (forwarded: string, sourceIp: string): ProxyEvent =>
  event({ headers: { 'X-Forwarded-For': forwarded }, requestContext: { identity: { sourceIp } } });

describe('the address of a viewer', () => {
  test.each([
    ['behind edge and gateway, what the edge added', '203.0.113.9, 130.176.1.1', '130.176.1.1', '203.0.113.9'],
    ["doesn't believe what the viewer sent", '10.0.0.1, 198.51.100.1, 203.0.113.9, 130.176.1.1', '130.176.1.1', '203.0.113.9'],
    ['where the gateway adds nothing, what the edge added', '10.0.0.1, 203.0.113.9', '130.176.1.1', '203.0.113.9'],
    ['past the edge, its own', '203.0.113.9', '203.0.113.9', '203.0.113.9'],
    ['without the header, what the gateway saw', '', '203.0.113.9', '203.0.113.9'],
  ])('is, %s', (_, forwarded, sourceIp, address) => {
    expect(viewerAddress(from(forwarded, sourceIp))).toBe(address);
  });

  test.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:1:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['anything', 'anything'],
  ])('%s is of the network %s', (address, expected) => {
    expect(network(address)).toBe(expected);
  });
});

test('a caller is told apart by who it is to IAM, an authorizer, or the gateway, and by nothing that is no text', () => {
  const by = (kind: RouteLimit['by'], requestContext: object, header?: string) =>
    limitedCaller(event({ requestContext, headers: { 'x-tenant': 'seven' } }), { by: kind, ...(header && { header }) });
  expect(by('caller', { identity: { userArn: 'arn:aws:iam::1:user/a' } })).toBe('arn:aws:iam::1:user/a');
  expect(by('caller', { authorizer: { principalId: 'p' }, identity: { userArn: 'arn' } })).toBe('p');
  expect(by('caller', { authorizer: { claims: { sub: 's' } } })).toBe('s');
  expect(by('caller', { authorizer: { principalId: { toString: 1 } } })).toBe('');
  expect(by('api-key', { identity: { apiKeyId: 'k' } })).toBe('k');
  expect(by('header', {}, 'X-Tenant')).toBe('seven');
  expect(by('header', {}, 'constructor')).toBe('');
});

describe('a router of routes with a limit', () => {
  // Nobody is there: what is counted is counted by this process, a tenth of 20.
  const connection = new RedisConnection({ namespace: 'x', endpoint: 'localhost:1', connectBudgetMs: 1, report: () => {} });
  afterAll(() => connection.close());
  const calls: string[] = [];
  const routerOf = (name: string, more: object = {}) =>
    createRouter(
      [
        {
          route: defineRoute({ name, path: '/things', limit, ...more }),
          GET: async () => {
            calls.push(name);
            return uncached(200, {});
          },
        },
      ],
      { connection },
    );

  test('answers 429 before the handler, and tells each caller of its limit', async () => {
    const router = routerOf('things');
    const asked = async (forwarded: string) => router(from(forwarded, '130.176.1.1'));
    const viewer = '203.0.113.9, 130.176.1.1';
    expect((await asked(viewer)).headers).toMatchObject({
      'ratelimit-policy': '"route-things";q=20;w=60',
      ratelimit: '"route-things";r=1;t=60',
    });
    expect((await asked(viewer)).statusCode).toBe(200);
    calls.length = 0;
    const denied = await asked(`10.1.1.1, ${viewer}`);
    expect(denied).toMatchObject({
      statusCode: 429,
      headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'retry-after': '60' },
      body: expect.stringContaining("at most 20 requests in 60 s; ask again after 'retry-after' seconds"),
    });
    expect(calls).toEqual([]);
    expect((await asked('203.0.113.10, 130.176.1.1')).statusCode).toBe(200);
  });

  test("doesn't tell one caller's limit to all whom the edge answers", async () => {
    const kept = routerOf('kept', { freshness: { sharedTtlSeconds: 60, edgeTtlSeconds: 60 } });
    expect(Object.keys((await kept(event())).headers)).not.toContain('ratelimit');
  });

  test('is refused without a connection', () => {
    const route = defineRoute({ name: 'things', path: '/things', limit });
    expect(() => createRouter([{ route }])).toThrow(
      "'connection' must be given to count the requests of route 'things', which has a limit, got: undefined; give 'createRouter'",
    );
  });
});
