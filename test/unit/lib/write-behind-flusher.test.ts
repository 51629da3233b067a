import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { PlatformFunction } from '../../../lib/functions/platform-function';
import { PurgeBus } from '../../../lib/purge/purge-bus';
import { WriteBehindFlusher } from '../../../lib/shared/write-behind-flusher';
import { newStack } from './support';

function flusher({ timeout = Duration.seconds(70), kicks = true } = {}) {
  const stack = newStack();
  const worker = new PlatformFunction(stack, 'Flusher', { bundle: 'topology', description: 'Flushes carts', timeout });
  new WriteBehindFlusher(stack, 'WriteBehind', { worker, ...(kicks && { bus: new PurgeBus(stack, 'Bus') }) });
  return Template.fromStack(stack);
}

test('runs its worker every minute and after a kick, once, and keeps what was not delivered', () => {
  const template = flusher();
  const target = Match.objectLike({
    DeadLetterConfig: { Arn: Match.anyValue() },
    RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 0 },
  });
  template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(1 minute)', Targets: [target] });
  template.hasResourceProperties('AWS::Events::Rule', {
    EventBusName: Match.anyValue(),
    EventPattern: { source: ['cachement'], 'detail-type': ['WritesQueued'] },
    Targets: [target],
  });
});

test('says which share of the time its worker runs, for estimates', () => {
  const [rule] = Object.values(flusher({ kicks: false }).findResources('AWS::Events::Rule'));
  expect(rule?.Metadata['cachement:busy']).toBeCloseTo(55 / 60);
});

test('needs no bus', () => {
  flusher({ kicks: false }).resourceCountIs('AWS::Events::Rule', 1);
});

test('refuses a worker that a run outlives', () => {
  expect(() => flusher({ timeout: Duration.seconds(59) })).toThrow(
    "write-behind flusher: 'timeout' of 'worker' must be at least 60 s, got: 59 s; a run flushes for 55 s",
  );
});
