import { Duration } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { PlatformFunction } from '../../../lib/functions/platform-function';
import { PurgeBus } from '../../../lib/purge/purge-bus';
import { WriteBehindFlusher } from '../../../lib/shared/write-behind-flusher';
import { createEvents, eventsFromTemplate } from '../../../local/events';
import type { QueueTarget } from '../../../local/types';
import { ManualClock } from '../../support/manual-clock';
import { plainModel, productContext } from '../../support/product-context';
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

test('is run on this machine by its schedule, and by who kicks it', async () => {
  const clock = new ManualClock();
  const context = productContext({ clock });
  const [worker, dead] = ['arn:aws:lambda:eu-west-1:000000000000:function:f', 'arn:aws:sqs:eu-west-1:000000000000:dead'];
  const called: { 'detail-type': string }[] = [];
  const invokeAsynchronously = (event: unknown) => {
    called.push(event as (typeof called)[number]);
    return 'request';
  };
  context.registry.functions.set(worker, { arn: worker, invokeAsynchronously } as never);
  context.registry.queues.set(dead, { arn: dead } as QueueTarget);
  // As the platform resolves the references of the template.
  const rules = Object.entries(flusher().findResources('AWS::Events::Rule')).map(([id, { Properties }]) => {
    const [target] = Properties.Targets;
    const bus = Properties.EventBusName && { EventBusName: 'purges' };
    return [id, { ...Properties, ...bus, Targets: [{ ...target, Arn: worker, DeadLetterConfig: { Arn: dead } }] }] as const;
  });
  const resources = Object.fromEntries(rules.map(([id, properties]) => [id, { type: 'AWS::Events::Rule', properties }]));
  const bus = { type: 'AWS::Events::EventBus', properties: { Name: 'purges' } };
  const template = eventsFromTemplate(plainModel({ Bus: bus, ...resources }, context.environment));
  const events = createEvents({ ...template, duplicateProbability: 0 }, context, {});
  try {
    await events.start?.();
    clock.advance(3 * 60_000 + 5_000);
    expect(called.map((event) => event['detail-type'])).toEqual(Array(3).fill('Scheduled Event'));
    const kick = { Source: 'cachement', DetailType: 'WritesQueued', Detail: '{}', EventBusName: 'purges' };
    await events.operations.events?.PutEvents?.handle({ Entries: [kick] }, {});
    clock.advance(5_000);
    expect(called.at(-1)?.['detail-type']).toBe('WritesQueued');
  } finally {
    await events.dispose();
    context.cleanUp();
  }
});
