import { createEvents, type Events, type EventsOptions, eventsFromTemplate } from '../../../local/events';
import { AwsError, type QueueTarget } from '../../../local/types';
import { ManualClock } from '../../support/manual-clock';
import { plainModel, productContext } from '../../support/product-context';

const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
const QUEUE = 'arn:aws:sqs:eu-west-1:000000000000:q';
const DEAD = 'arn:aws:sqs:eu-west-1:000000000000:dead';

const clock = new ManualClock();
const context = productContext({ clock });
afterAll(() => context.cleanUp());

/** What reached each target, oldest first. */
let received: Record<string, string[]>;
/** Errors that the queue throws at the next sends. */
let failures: Error[];
let deadAttributes: unknown[];

beforeEach(() => {
  received = { [FUNCTION]: [], [QUEUE]: [], [DEAD]: [] };
  failures = [];
  deadAttributes = [];
  context.registry.functions.set(FUNCTION, {
    arn: FUNCTION,
    invoke: async () => ({ payload: 'null' }),
    invokeAsynchronously: (event: unknown) => {
      received[FUNCTION]!.push(JSON.stringify(event));
      return 'request';
    },
  } as never);
  for (const arn of [QUEUE, DEAD]) {
    const send: QueueTarget['send'] = (body, options) => {
      const failure = arn === QUEUE && failures.shift();
      if (failure) throw failure;
      received[arn]!.push(body);
      if (arn === DEAD) deadAttributes.push(options?.attributes);
      return { messageId: 'm', bodyMd5: '' };
    };
    context.registry.queues.set(arn, { arn, send } as QueueTarget);
  }
});

let events: Events | undefined;
afterEach(() => events?.dispose());

function bus(
  rules: Record<string, Record<string, unknown>>,
  options: Partial<EventsOptions> = {},
  authorizeResource?: (request: { resource: string; action: string; sourceArn: string }) => { allowed: boolean; reason?: string },
): Events {
  const resources = Object.fromEntries(
    Object.entries(rules).map(([id, properties]) => [id, { type: 'AWS::Events::Rule', properties }]),
  );
  const model = plainModel(
    { Bus: { type: 'AWS::Events::EventBus', properties: { Name: 'custom' } }, ...resources },
    context.environment,
  );
  const template = eventsFromTemplate(model);
  events = createEvents(
    { ...template, duplicateProbability: 0, ...options },
    context,
    authorizeResource ? { authorizeResource } : {},
  );
  return events;
}

const put = async (target: Events, entry: object) =>
  (await target.operations.events!.PutEvents!.handle(
    { Entries: [{ Source: 'app', DetailType: 'T', Detail: '{}', ...entry }] },
    {},
  )) as {
    FailedEntryCount: number;
    Entries: { EventId?: string; ErrorCode?: string }[];
  };

describe('a rule', () => {
  const onCustom = (more: object = {}) => ({
    EventBusName: 'custom',
    EventPattern: { source: ['app'], detail: { n: [1] } },
    Targets: [{ Id: 'q', Arn: QUEUE }],
    ...more,
  });

  test('gets matching events of its bus to a queue, a while later', async () => {
    const target = bus({ Rule: onCustom() });
    await put(target, { EventBusName: 'custom', Detail: '{"n":1}' });
    await put(target, { EventBusName: 'custom', Detail: '{"n":2}' });
    await put(target, { EventBusName: 'default', Detail: '{"n":1}' });
    expect(received[QUEUE]).toEqual([]);
    clock.advance(5000);
    expect(received[QUEUE]!.map((body) => JSON.parse(body))).toEqual([
      {
        version: '0',
        id: expect.any(String),
        'detail-type': 'T',
        source: 'app',
        account: '000000000000',
        region: 'eu-west-1',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        resources: [],
        detail: { n: 1 },
      },
    ]);
    expect(target.stats()).toEqual({
      'Stack-Rule': { matched: 1, delivered: 1, duplicates: 0, reordered: 0, retried: 0, deadLettered: 0, dropped: 0 },
    });
  });

  test('takes the bus by ARN, and hands a function its own input', async () => {
    const target = bus({ Rule: onCustom({ Targets: [{ Id: 'f', Arn: FUNCTION, InputPath: '$.detail' }] }) });
    await put(target, { EventBusName: 'arn:aws:events:eu-west-1:000000000000:event-bus/custom', Detail: '{"n":1}' });
    clock.advance(5000);
    expect(received[FUNCTION]).toEqual(['{"n":1}']);
  });

  test('does nothing while disabled', async () => {
    const target = bus({ Rule: onCustom({ State: 'DISABLED' }) });
    await put(target, { EventBusName: 'custom', Detail: '{"n":1}' });
    clock.advance(5000);
    expect(received[QUEUE]).toEqual([]);
  });

  test('delivers twice where the bus does', async () => {
    const target = bus({ Rule: onCustom() }, { duplicateProbability: 1 });
    await put(target, { EventBusName: 'custom', Detail: '{"n":1}' });
    clock.advance(5000);
    expect(received[QUEUE]).toHaveLength(2);
    expect(received[QUEUE]![0]).toBe(received[QUEUE]![1]);
  });

  test('lets a later event overtake an earlier one, unless told not to', async () => {
    const draws = [0.99, 0, 0.01, 0.5];
    const inOrder = async (reorder: boolean) => {
      received[QUEUE] = [];
      let draw = 0;
      const target = bus({ Rule: onCustom({ EventPattern: { source: ['app'] } }) }, { reorder });
      const random = jest.spyOn(context, 'random').mockImplementation(() => {
        // For each event: two draws for the latency, one for a duplicate.
        const call = draw++ % 3;
        return call === 2 ? 1 : draws[Math.floor((draw - 1) / 3) * 2 + call]!;
      });
      await put(target, { EventBusName: 'custom', Detail: '{"n":1}' });
      await put(target, { EventBusName: 'custom', Detail: '{"n":2}' });
      clock.advance(5000);
      random.mockRestore();
      return received[QUEUE]!.map((body) => JSON.parse(body).detail.n);
    };
    expect(await inOrder(true)).toEqual([2, 1]);
    expect(await inOrder(false)).toEqual([1, 2]);
  });

  test('retries what fails, then gives it to the dead-letter queue', async () => {
    const target = bus({
      Rule: onCustom({
        Targets: [{ Id: 'q', Arn: QUEUE, RetryPolicy: { MaximumRetryAttempts: 2 }, DeadLetterConfig: { Arn: DEAD } }],
      }),
    });
    failures = [new Error('one'), new Error('two'), new Error('three')];
    await put(target, { EventBusName: 'custom', Detail: '{"n":1}' });
    clock.advance(60_000);
    expect(received[QUEUE]).toEqual([]);
    expect(JSON.parse(received[DEAD]![0]!).detail).toEqual({ n: 1 });
    expect(deadAttributes[0]).toMatchObject({
      RETRY_ATTEMPTS: { StringValue: '2' },
      EXHAUSTED_RETRY_CONDITION: { StringValue: 'MaximumRetryAttempts' },
      ERROR_MESSAGE: { StringValue: 'three' },
      TARGET_ARN: { StringValue: QUEUE },
    });
  });

  test('delivers in the end where a retry succeeds', async () => {
    const target = bus({ Rule: onCustom() });
    failures = [new Error('one')];
    await put(target, { EventBusName: 'custom', Detail: '{"n":1}' });
    clock.advance(60_000);
    expect(received[QUEUE]).toHaveLength(1);
    expect(target.stats()['Stack-Rule']).toMatchObject({ retried: 1, delivered: 1 });
  });

  test('does not retry where the target does not let it in', async () => {
    const asked: object[] = [];
    const target = bus(
      { Rule: onCustom({ Targets: [{ Id: 'q', Arn: QUEUE, DeadLetterConfig: { Arn: DEAD } }] }) },
      {},
      (request) => {
        asked.push(request);
        return { allowed: request.resource === DEAD, reason: 'not allowed' };
      },
    );
    await put(target, { EventBusName: 'custom', Detail: '{"n":1}' });
    clock.advance(5000);
    expect(received[QUEUE]).toEqual([]);
    expect(deadAttributes).toEqual([
      expect.objectContaining({ ERROR_CODE: { DataType: 'String', StringValue: 'NO_PERMISSIONS' } }),
    ]);
    expect(asked[0]).toEqual({
      principal: 'events.amazonaws.com',
      action: 'sqs:SendMessage',
      resource: QUEUE,
      sourceArn: 'arn:aws:events:eu-west-1:000000000000:rule/custom/Stack-Rule',
    });
  });

  test('asks for the permission of a function, too', async () => {
    const asked: { resource: string; action: string }[] = [];
    const target = bus({ Rule: onCustom({ Targets: [{ Id: 'f', Arn: FUNCTION }] }) }, {}, (request) => {
      asked.push(request);
      return { allowed: false };
    });
    await put(target, { EventBusName: 'custom', Detail: '{"n":1}' });
    clock.advance(5000);
    expect(asked).toEqual([expect.objectContaining({ action: 'lambda:InvokeFunction', resource: FUNCTION })]);
    expect(received[FUNCTION]).toEqual([]);
  });

  test('drops what it cannot deliver, without a dead-letter queue, and says so', async () => {
    const target = bus({ Rule: onCustom() });
    failures = [new AwsError('QueueDoesNotExist', 'gone')];
    await put(target, { EventBusName: 'custom', Detail: '{"n":1}' });
    clock.advance(5000);
    expect(target.stats()['Stack-Rule']).toMatchObject({ dropped: 1, delivered: 0 });
    expect(context.lines.at(-1)).toMatch(/was dropped: gone/);
  });
});

describe('a schedule', () => {
  test('fires at its times, on the default bus', async () => {
    const target = bus({ Sweep: { ScheduleExpression: 'rate(1 minute)', Targets: [{ Id: 'f', Arn: FUNCTION }] } });
    await target.start();
    clock.advance(3 * 60_000 + 5000);
    expect(received[FUNCTION]!.map((event) => JSON.parse(event))).toMatchObject(
      Array(3).fill({
        'detail-type': 'Scheduled Event',
        source: 'aws.events',
        detail: {},
        resources: ['arn:aws:events:eu-west-1:000000000000:rule/Stack-Sweep'],
      }),
    );
    await target.dispose();
    const before = clock.pending;
    clock.advance(600_000);
    expect(received[FUNCTION]).toHaveLength(3);
    expect(before).toBe(0);
  });

  test('fires when it is told to, where it is a rule that is on', () => {
    const arn = 'arn:aws:events:eu-west-1:000000000000:rule/Stack-Sweep';
    const sweep = { ScheduleExpression: 'rate(1 minute)', Targets: [{ Id: 'f', Arn: FUNCTION }] };
    bus({ Sweep: sweep }).fire(arn);
    clock.advance(1000);
    expect(received[FUNCTION]!.map((event) => JSON.parse(event).resources)).toEqual([[arn]]);
    expect(() => bus({ Sweep: { ...sweep, State: 'DISABLED' } }).fire(arn)).toThrow(`there is no enabled rule '${arn}'`);
  });
});

test('a service puts its events on the default bus', () => {
  const target = bus({
    Failover: {
      EventPattern: { source: ['aws.elasticache'] },
      Targets: [{ Id: 'f', Arn: FUNCTION, Input: '{"failover":true}' }],
    },
  });
  target.emit({ source: 'aws.elasticache', detailType: 'Failover', detail: {} });
  clock.advance(5000);
  expect(received[FUNCTION]).toEqual(['{"failover":true}']);
});

describe('PutEvents', () => {
  test.each([
    [{ Detail: undefined }, 'InvalidArgument'],
    [{ Source: undefined }, 'InvalidArgument'],
    [{ DetailType: '' }, 'InvalidArgument'],
    [{ Detail: '{' }, 'MalformedDetail'],
    [{ Detail: '[1]' }, 'MalformedDetail'],
    [{ Source: 'aws.s3' }, 'NotAuthorizedForSourceException'],
  ])('refuses the entry %j by itself', async (entry, code) => {
    expect(await put(bus({}), entry)).toMatchObject({ FailedEntryCount: 1, Entries: [{ ErrorCode: code }] });
  });

  test('takes the good entries of a request with a bad one', async () => {
    const good = { Source: 'a', DetailType: 't', Detail: '{}' };
    const answer = await bus({}).operations.events!.PutEvents!.handle({ Entries: [good, { ...good, Detail: 'x' }, good] }, {});
    expect(answer).toMatchObject({
      FailedEntryCount: 1,
      Entries: [{ EventId: expect.any(String) }, { ErrorCode: 'MalformedDetail' }, { EventId: expect.any(String) }],
    });
  });

  test('refuses more than ten entries, none, and more than 256 KB together', async () => {
    const handle = (Entries: object[]) => bus({}).operations.events!.PutEvents!.handle({ Entries }, {});
    const entry = { Source: 'a', DetailType: 't', Detail: '{}' };
    await expect(async () => handle(Array(11).fill(entry))).rejects.toThrow(/1 to 10 members, got: 11/);
    await expect(async () => handle([])).rejects.toThrow(/got: 0/);
    const half = { ...entry, Detail: JSON.stringify({ x: 'x'.repeat(131_072) }) };
    await expect(async () => handle([half, half])).rejects.toThrow('Total size of the entries in the request is over the limit.');
  });

  test('takes an event for a bus that is not there, drops it as AWS does, and says so', async () => {
    expect(await put(bus({}), { EventBusName: 'other' })).toMatchObject({ FailedEntryCount: 0 });
    expect(context.lines.at(-1)).toMatch(/bus 'other', which is not in the template: dropped/);
  });

  test('asks for permission on every bus named, with sources and detail types as condition keys', () => {
    const operation = bus({}).operations.events!.PutEvents as unknown as {
      resources(input: object): string[];
      conditionKeys(input: object): object;
    };
    const input = {
      Entries: [
        { Source: 'a', EventBusName: 'custom' },
        { Source: 'a', DetailType: 't' },
      ],
    };
    expect(operation.resources(input)).toEqual([
      'arn:aws:events:eu-west-1:000000000000:event-bus/custom',
      'arn:aws:events:eu-west-1:000000000000:event-bus/default',
    ]);
    expect(operation.conditionKeys(input)).toEqual({ 'events:source': ['a'], 'events:detail-type': ['t'] });
  });
});

describe('a template is refused', () => {
  test.each([
    ['without a pattern and a schedule', {}, /needs 'EventPattern' or 'ScheduleExpression'/],
    [
      'with a schedule on another bus',
      { EventBusName: 'custom', ScheduleExpression: 'rate(1 minute)' },
      /default bus only, got bus: custom/,
    ],
    [
      'with a bus that is not there',
      { EventBusName: 'other', EventPattern: { a: ['b'] } },
      /must be a bus of the template, got: other/,
    ],
    [
      'with a target that is neither a function nor a queue',
      { EventPattern: { a: ['b'] }, Targets: [{ Id: 't', Arn: 'arn:aws:sns:r:1:topic' }] },
      /target 't' must be a function or a queue to be run here/,
    ],
  ])('%s', (_, properties, message) => {
    expect(() => bus({ Rule: properties })).toThrow(message);
  });
});
