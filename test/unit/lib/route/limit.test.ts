import { App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { PlatformFunction } from '../../../../lib/functions/platform-function';
import { CachedApi } from '../../../../lib/gateway/cached-api';
import { defineRoute, type RouteLimit, type RouteProps } from '../../../../lib/route';

const limit: RouteLimit = { requests: 100, windowSeconds: 60, by: 'caller', onUnavailable: 'deny' };
const route = (more: Partial<RouteProps> = {}) => defineRoute({ name: 'thing', path: '/things/{id}', limit, ...more });

test('a limit is plain data with its defaults filled in', () => {
  expect(route().limit).toEqual({ ...limit, algorithm: 'sliding-window' });
  expect(route({ limit: undefined })).not.toHaveProperty('limit');
});

test.each<[string, Partial<RouteProps>]>([
  [
    "'limit' must be left out with a 'gatewayTtlSeconds', because the stage cache would keep the 429 of one caller for all",
    { freshness: { sharedTtlSeconds: 60, gatewayTtlSeconds: 10 } },
  ],
  ["'limit.by' must be 'address' with an 'edgeTtlSeconds'", { freshness: { sharedTtlSeconds: 60, edgeTtlSeconds: 10 } }],
  [
    '\'limit.by\' must be one of address, caller, api-key, header, got: "constructor"',
    { limit: { ...limit, by: 'constructor' as never } },
  ],
  ["'limit.algorithm' must be one of gcra,", { limit: { ...limit, algorithm: 'leaky' as never } }],
  [
    "'limit.onUnavailable' must be one of allow, deny, local, got: undefined",
    { limit: { ...limit, onUnavailable: undefined as never } },
  ],
  ["'limit.requests' must be a whole number from 1 to 1000000000, got: 0", { limit: { ...limit, requests: 0 } }],
  [
    "'limit.requests' must be a whole number from 1 to 1000, got: 1001",
    { limit: { ...limit, algorithm: 'sliding-log', requests: 1001 } },
  ],
  ["'limit.windowSeconds' must be a whole number from 1 to 34560000, got: 0.5", { limit: { ...limit, windowSeconds: 0.5 } }],
  ["'limit.header' must be the name of a header with 'by' of 'header'", { limit: { ...limit, by: 'header' } }],
  [
    "'limit.header' must be the name of a header with 'by' of 'header', and left out without it",
    { limit: { ...limit, header: 'X-A' } },
  ],
])('refused: %s', (message, props) => {
  expect(() => route(props)).toThrow(message);
});

test('synthesis says what a limit leaves open: a forged address, and what the edge answers', () => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'test');
  const reader = new PlatformFunction(stack, 'Reader', {
    bundle: 'topology',
    description: 'Answers',
    timeout: Duration.seconds(3),
  });
  const byAddress = route({ limit: { ...limit, by: 'address' }, freshness: { sharedTtlSeconds: 60, edgeTtlSeconds: 10 } });
  new CachedApi(stack, 'Api', { routes: [byAddress, defineRoute({ name: 'other', path: '/others', limit })], reader });
  const said = Annotations.fromStack(stack);
  said.hasWarning('/test/Api', Match.stringLikeRegexp("route 'thing': whoever calls the API past the edge"));
  said.hasInfo('/test/Api', Match.stringLikeRegexp("route 'thing': its limit counts the requests that the edge doesn't answer"));
  expect(said.findWarning('*', Match.stringLikeRegexp("route 'other'"))).toEqual([]);
});
