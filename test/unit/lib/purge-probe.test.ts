import { Match, Template } from 'aws-cdk-lib/assertions';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { EdgeDistribution } from '../../../lib/edge/edge-distribution';
import { CachedApi } from '../../../lib/gateway/cached-api';
import { PurgeProbe } from '../../../lib/purge/purge-probe';
import { defineRoute, type Route } from '../../../lib/route';
import { newStack } from './support';

const range = { from: { required: true }, to: { required: true } };
const purgedKeys = defineRoute({ name: 'purged', path: '/of-late', query: range });

/** A probe of imported tiers. */
function probeOf(route: Route): Template {
  const stack = newStack();
  new PurgeProbe(stack, 'Probe', {
    api: CachedApi.fromCachedApiAttributes(stack, 'Api', { restApiId: 'a1b2c3', restApiName: 'api', stageName: 'live' }),
    edge: EdgeDistribution.fromEdgeDistributionAttributes(stack, 'Edge', { distributionId: 'E1', domainName: 'edge.test' }),
    purgedKeys: route,
    deadLetterQueue: new sqs.Queue(stack, 'Undelivered'),
  });
  return Template.fromStack(stack);
}

test('is outside of any network, and may make the one request that it is told', () => {
  const template = probeOf(purgedKeys);
  template.hasResourceProperties('AWS::Lambda::Function', {
    VpcConfig: Match.absent(),
    Environment: { Variables: Match.objectLike({ PURGED_KEYS_PATH: '/of-late', EDGE_URL: 'https://edge.test' }) },
  });
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: Match.objectLike({
      Statement: [
        Match.objectLike({
          Action: 'execute-api:Invoke',
          Resource: { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp(':a1b2c3/live/GET/of-late$')])] },
        }),
      ],
    }),
  });
  template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(1 minute)' });
});

test.each<[string, Route, string]>([
  [
    'is cached',
    defineRoute({ name: 'purged', path: '/of-late', query: range, freshness: { sharedTtlSeconds: 60 } }),
    "'purgedKeys' must not be cached, got: route 'purged' with a freshness; leave it out, since the answer is compared with what caches have",
  ],
  [
    'has a parameter in its path',
    defineRoute({ name: 'purged', path: '/of-late/{day}', query: range }),
    "'purgedKeys' must have no parameters in its path, got: route 'purged' with day; remove them",
  ],
  [
    'takes no range',
    defineRoute({ name: 'purged', path: '/of-late', query: { from: {} } }),
    "'purgedKeys' must take the query strings 'from' and 'to', got: route 'purged' with from; add them to 'query'",
  ],
])('fails when the route %s', (_, route, message) => {
  expect(() => probeOf(route)).toThrow(message);
});
