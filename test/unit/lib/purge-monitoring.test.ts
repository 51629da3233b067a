import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { PURGE_METRICS, PURGE_METRICS_NAMESPACE } from '../../../lib/contract/metrics';
import type { PlatformFunction } from '../../../lib/functions/platform-function';
import { CacheMonitoring } from '../../../lib/operations/cache-monitoring';
import { METRICS, type WatchedMetric } from '../../../lib/operations/metrics';
import type { PurgePipeline } from '../../../lib/purge/purge-pipeline';
import type { PurgeProbe } from '../../../lib/purge/purge-probe';

const rows: WatchedMetric[] = Object.values(METRICS);

test('every metric that the purge path says is in the table, and nothing else is', () => {
  const listed = rows.filter(({ namespace }) => namespace === PURGE_METRICS_NAMESPACE).map(({ metricName }) => metricName);
  expect(listed.sort()).toEqual(Object.keys(PURGE_METRICS).sort());
});

test('alarms of a pipeline are on what its functions say under their names', () => {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'test');
  const named = (functionName: string) => ({ functionName }) as PlatformFunction;
  const monitoring = new CacheMonitoring(stack, 'Monitoring');
  monitoring.watchPurges({ relay: named('relay'), invalidator: named('invalidator') } as PurgePipeline);
  monitoring.watchResponses('reader', named('reader'));
  monitoring.watchProbe({ probe: named('probe') } as PurgeProbe);
  const alarms = Object.values(Template.fromStack(stack).findResources('AWS::CloudWatch::Alarm')).map(
    ({ Properties: { MetricName, Threshold, Dimensions } }) => [MetricName, Threshold, Dimensions[0].Name, Dimensions[0].Value],
  );
  expect(alarms.sort()).toEqual([
    ['CommitToFresh', 60_000, 'FunctionName', 'invalidator'],
    ['ConsistentAfter10Minutes', 100, 'FunctionName', 'probe'],
    ['EdgeBudgetUsed', 80, 'FunctionName', 'invalidator'],
    ['EdgeBudgetUsed', 80, 'FunctionName', 'relay'],
    ['EdgeItemsLeftToTtl', 0, 'FunctionName', 'invalidator'],
    ['EdgeItemsLeftToTtl', 0, 'FunctionName', 'relay'],
    ['Errors', 5, 'FunctionName', 'probe'],
    ['OutboxOverdue', 0, 'FunctionName', 'relay'],
    ['PurgesParked', 0, 'FunctionName', 'relay'],
    ['TagsDropped', 0, 'FunctionName', 'reader'],
    ['Throttles', 0, 'FunctionName', 'probe'],
  ]);
});
