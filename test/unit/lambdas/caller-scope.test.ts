import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { authorizedCaller } from '../../../lambdas/platform/http/caller';
import { Problem } from '../../../lambdas/platform/http/problem';
import type { ProxyEvent } from '../../../lambdas/platform/http/request';
import { cached, uncached } from '../../../lambdas/platform/http/response';
import { createRouter, type Handler } from '../../../lambdas/platform/http/router';
import { EdgeDistribution } from '../../../lib/edge/edge-distribution';
import { PlatformFunction } from '../../../lib/functions/platform-function';
import { CachedApi } from '../../../lib/gateway/cached-api';
import { exactPaths } from '../../../lib/purge/exact-tags';
import { defineRoute, type Freshness, type RouteProps } from '../../../lib/route';
import { MANAGED_CACHE_POLICIES, MANAGED_ORIGIN_REQUEST_POLICIES } from '../../../local/edge/managed-policies';
import { platform } from '../../support/cache-processes';
import { edgeHarness } from '../../support/edge-harness';
import { fuzz } from '../../support/fuzz';
import { newStack } from '../lib/support';

const freshness: Freshness = { sharedTtlSeconds: 60 };
const routeOf = (more: Partial<RouteProps> = {}) =>
  defineRoute({ name: 'bill', path: '/bills/{month}', scope: 'caller', freshness, tags: ['bill:{caller}'], ...more });
const bill = routeOf();

const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const ALL_VIEWER_EXCEPT_HOST_HEADER = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';

/** A function behind the gateway: a caller is whom the cookie names, and each has a bill that says whose it is. */
function bills(passedOn: (parameters: object) => object = (parameters) => parameters) {
  const { a: cache } = platform();
  const loads: string[] = [];
  const getBill: Handler = async ({ parameters, read, event }) => {
    expect(event).toBeUndefined();
    const found = await read(cache, passedOn(parameters) as typeof parameters, async () => {
      loads.push(`${parameters.caller}`);
      return { of: parameters.caller, month: parameters.month };
    });
    return cached(bill, found);
  };
  const caller = async ({ headers }: ProxyEvent) => /(?:^|; )who=([^;]*)/.exec(headers?.cookie ?? '')?.[1];
  const router = createRouter([{ route: bill, GET: getBill, POST: async () => uncached(204) }], { caller });
  const call = (who: string | undefined, month = 'may', httpMethod = 'GET') =>
    router({ httpMethod, path: `/bills/${month}`, headers: who === undefined ? {} : { cookie: `a=b; who=${who}` } });
  return { cache, loads, router, call };
}

describe('an entry of a caller', () => {
  test("is given to nobody else, whatever the ids are made of, nor with a handler's mistake", async () => {
    const { choices } = fuzz(1);
    const mistakes = [{ month: 'may' }, { month: 'may', caller: 'ann' }, { month: 'may', caller: undefined }];
    for (const passedOn of [(parameters: object) => parameters, ...mistakes.map((mistake) => () => mistake)]) {
      const { call, loads } = bills(passedOn);
      const parts = ['a', 'A', '/', '%2F', '%', '1', 'ann', '{', '}', 'may', ':', '.', '..', '=', '&', ' ', 'ä'];
      const ids = new Set(['ann', 'Ann', 'ann/may', 'ann%2Fmay', 'constructor', '__proto__']);
      while (ids.size < 40)
        ids.add(
          Array.from({ length: 4 }, () => choices.pick(parts))
            .join('')
            .trim() || 'ann',
        );
      const twice = [...ids, ...ids].map(async (who) =>
        expect(JSON.parse((await call(who)).body)).toEqual({ of: who, month: 'may' }),
      );
      await Promise.all(twice);
      expect([...loads].sort()).toEqual([...ids].sort());
    }
  });

  test('is kept by no tier outside, and by a browser only to be asked for', async () => {
    const { call } = bills();
    await call('ann');
    const { headers } = await call('ann');
    expect(headers).toMatchObject({ 'cache-control': 'private, no-cache', 'cache-status': expect.stringContaining('hit') });
    expect(Object.keys(headers)).not.toContain('x-amz-meta-cache-tag');
  });

  test('is purged by a tag with the id, and those of others are left', async () => {
    const { cache, call, loads } = bills();
    for (const who of ['ann', 'bob']) await call(who);
    await cache.purgeTags(['bill:ann']);
    for (const who of ['ann', 'bob']) await call(who);
    expect(loads).toEqual(['ann', 'bob', 'ann']);
  });

  test('has no key without its caller', async () => {
    const { cache } = bills();
    await expect(cache.getOrSet(bill, { month: 'may' }, async () => 1)).rejects.toThrow(
      "route 'bill': parameter 'caller' is missing",
    );
  });
});

describe('who is not known', () => {
  test.each(['GET', 'HEAD', 'POST'])('is answered 401 to %s, which nobody keeps', async (method) => {
    const { call, loads } = bills();
    for (const who of [undefined, '']) {
      const { statusCode, headers } = await call(who, 'may', method);
      expect([statusCode, headers['cache-control']]).toEqual([401, 'no-store']);
    }
    expect(loads).toEqual([]);
  });

  test.each([
    ['a problem', () => Promise.reject(new Problem(503, 'sessions are away')), 503],
    ['an id that is no text', () => 7 as unknown as string, 401],
    ['an error', () => Promise.reject(new Error('a bug')), 500],
  ])('as is said by %s', async (_, caller, status) => {
    const handler: Handler = async () => uncached(200, 'reached');
    const router = createRouter([{ route: bill, GET: handler }], { caller });
    expect((await router({ httpMethod: 'GET', path: '/bills/may' })).statusCode).toBe(status);
  });

  test('nobody can tell of a router without a function for it, which is refused', () => {
    expect(() => createRouter([{ route: bill }])).toThrow("'caller' must be given for route 'bill'");
  });

  test('the gateway knows by authorizer, token or signature', () => {
    const by = (requestContext: object) => authorizedCaller({ httpMethod: 'GET', path: '/', requestContext });
    expect(by({ authorizer: { principalId: 'p', claims: { sub: 's' } } })).toBe('p');
    expect(by({ authorizer: { claims: { sub: 's' } }, identity: { userArn: 'arn' } })).toBe('s');
    expect(by({ identity: { userArn: 'arn' } })).toBe('arn');
    expect([by({}), by({ authorizer: { principalId: '' } }), by({ identity: { userArn: null } })]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('through the tiers', () => {
  const it = edgeHarness();

  test('each caller gets its own from the edge, which hands on cookies and Authorization', async () => {
    const { router, loads } = bills();
    it.upstream.answer = async ({ method, url, headers }) => {
      const event = { httpMethod: method, path: url.replace(/^\/live/, ''), headers: headers as Record<string, string> };
      const { statusCode: status, ...rest } = await router(event);
      return { status, ...rest };
    };
    await it.startWith({
      cachePolicy: MANAGED_CACHE_POLICIES[CACHING_DISABLED],
      originRequestPolicy: MANAGED_ORIGIN_REQUEST_POLICIES[ALL_VIEWER_EXCEPT_HOST_HEADER],
    });
    for (const who of ['ann', 'bob', 'ann']) {
      const got = await it.request('/bills/may', { headers: { cookie: `who=${who}`, authorization: `Bearer ${who}` } });
      expect([JSON.parse(got.text).of, got.headers['x-cache']]).toEqual([who, 'Miss from cloudfront']);
      expect(it.upstream.hits.at(-1)?.headers.authorization).toBe(`Bearer ${who}`);
    }
    expect((await it.request('/bills/may')).status).toBe(401);
    expect(loads).toEqual(['ann', 'bob']);
  });

  test('has neither a key nor a TTL at edge and gateway', () => {
    const stack = newStack();
    const reader = new PlatformFunction(stack, 'Reader', {
      bundle: 'topology',
      description: 'Answers',
      timeout: Duration.seconds(3),
    });
    const api = new CachedApi(stack, 'Api', { routes: [bill], reader });
    new EdgeDistribution(stack, 'Edge', { routes: [bill], api });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::ApiGateway::Stage', {
      MethodSettings: Match.arrayWith([
        Match.objectLike({ HttpMethod: 'GET', ResourcePath: '/~1bills~1{month}', CachingEnabled: false }),
      ]),
    });
    template.hasResourceProperties('AWS::ApiGateway::Method', {
      HttpMethod: 'GET',
      Integration: Match.objectLike({ CacheKeyParameters: [] }),
    });
    template.hasResourceProperties('AWS::CloudFront::Distribution', {
      DistributionConfig: Match.objectLike({
        CacheBehaviors: [
          Match.objectLike({
            PathPattern: '/bills/*',
            CachePolicyId: CACHING_DISABLED,
            OriginRequestPolicyId: ALL_VIEWER_EXCEPT_HOST_HEADER,
          }),
        ],
      }),
    });
  });
});

test.each<[string, Partial<RouteProps>]>([
  [
    "'freshness.edgeTtlSeconds' must be 0 with a 'scope' of 'caller', because the edge would answer one caller with what is of another, got: 10",
    { freshness: { ...freshness, edgeTtlSeconds: 10 } },
  ],
  ["'freshness.gatewayTtlSeconds' must be 0 with a 'scope' of 'caller'", { freshness: { ...freshness, gatewayTtlSeconds: 10 } }],
  [
    "'freshness.browserTtlSeconds' must be 0 with a 'scope' of 'caller', because somebody else may sign in",
    { freshness: { ...freshness, browserTtlSeconds: 10 }, tags: [] },
  ],
  ["'scope' must be left out without 'freshness'", { freshness: undefined }],
  ["'scope' must be 'caller', or left out", { scope: 'tenant' as never }],
  ["'query' must not have the name of the route's 'scope', 'caller'", { query: { caller: {} } }],
  ["'query' must not have the name of the route's 'scope', 'caller'", { path: '/bills/{caller}' }],
])('refused: %s', (message, props) => {
  expect(() => routeOf({ tags: [], ...props })).toThrow(message);
});

test('no tag of it names a key of the stage cache', () => {
  const one = defineRoute({ name: 'me', path: '/me', scope: 'caller', freshness, tags: ['me:{caller}'] });
  expect(() => exactPaths({ 'me:{caller}': one })).toThrow('must be of a route that the gateway keeps');
});
