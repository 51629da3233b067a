import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { READ_METRICS, READ_METRICS_NAMESPACE } from '../../../lambdas/runtime/read-metrics';
import type { PlatformFunction } from '../../../lib/functions/platform-function';
import { CacheMonitoring } from '../../../lib/operations/cache-monitoring';
import { METRICS, type WatchedMetric } from '../../../lib/operations/metrics';
import { defineRoute } from '../../../lib/route';

test('what the table knows of reads is what the cache says of them', () => {
  const rows = (Object.values(METRICS) as WatchedMetric[]).filter(({ namespace }) => namespace === READ_METRICS_NAMESPACE);
  expect(rows.length).toBeGreaterThan(0);
  expect(Object.keys(READ_METRICS)).toEqual(expect.arrayContaining(rows.map(({ metricName }) => metricName)));
});

test('reads that have to do without the shared tier are alarmed on, for each route that is cached', () => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'test');
  const cached = defineRoute({ name: 'thing', path: '/things/{id}', tags: ['thing:{id}'], freshness: { sharedTtlSeconds: 60 } });
  const uncached = defineRoute({ name: 'clock', path: '/clock' });
  new CacheMonitoring(stack, 'Monitoring').watchReads({ functionName: 'reader' } as PlatformFunction, [cached, uncached]);
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::CloudWatch::Alarm', 1);
  template.hasResourceProperties('AWS::CloudWatch::Alarm', {
    Namespace: 'Cachement/Reads',
    MetricName: 'Bypasses',
    Dimensions: Match.arrayWith([
      { Name: 'FunctionName', Value: 'reader' },
      { Name: 'Route', Value: 'thing' },
    ]),
    Threshold: 100,
  });
});
