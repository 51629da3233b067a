import { AsynchronousInvocations } from '../../../local/lambda/asynchronous-invocations';
import type { FunctionOptions } from '../../../local/lambda/options';
import { AwsError, type InvokeResult, type QueueTarget } from '../../../local/types';
import { ManualClock } from '../../support/manual-clock';
import { productContext } from '../../support/product-context';

const QUEUE = 'arn:aws:sqs:eu-west-1:000000000000:results';
const FULL = 'arn:aws:sqs:eu-west-1:000000000000:full';
const FAILED: InvokeResult = { payload: '{"errorType":"Error","errorMessage":"no"}', functionError: 'Unhandled' };
const DONE: InvokeResult = { payload: '"done"' };

/** A function whose attempts end as listed; one that isn't listed succeeds. */
function setUp(outcomes: (InvokeResult | 'throttle')[], asynchronous: Partial<FunctionOptions['asynchronous']> = {}) {
  const clock = new ManualClock();
  const context = productContext({ clock });
  const sent: { body: unknown; attributes?: Record<string, unknown> }[] = [];
  const send: QueueTarget['send'] = (body, options) => {
    sent.push({ body: JSON.parse(body), ...(options?.attributes && { attributes: options.attributes }) });
    return { messageId: 'm', bodyMd5: '' };
  };
  const refuse: QueueTarget['send'] = () => {
    throw new AwsError('InvalidParameterValue', 'Message must be shorter.');
  };
  context.registry.queues.set(FULL, { arn: FULL, send: refuse } as QueueTarget);
  context.registry.queues.set(QUEUE, { arn: QUEUE, send } as QueueTarget);
  context.cleanUp();
  const attempts: { at: number; requestId: string }[] = [];
  const start = clock.now();
  const options = {
    name: 'things',
    arn: 'arn:aws:lambda:eu-west-1:000000000000:function:things',
    asynchronous: {
      maximumRetryAttempts: 2,
      maximumEventAgeSeconds: 21_600,
      deadLetterArn: undefined,
      onFailure: undefined,
      onSuccess: undefined,
      ...asynchronous,
    },
  } as unknown as FunctionOptions;
  const invocations = new AsynchronousInvocations(
    options,
    async (_, requestId) => {
      attempts.push({ at: clock.now() - start, requestId });
      const outcome = outcomes[attempts.length - 1] ?? DONE;
      if (outcome === 'throttle') throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
      return outcome;
    },
    context,
  );
  /** Moves time until nothing is waiting any more, but at most a day. */
  const finish = async () => {
    const end = clock.now() + 86_400_000;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (clock.pending === 0 || clock.now() > end) return;
      clock.advance(1000);
    }
  };
  return { invocations, attempts, sent, finish, clock, lines: context.lines };
}

test('runs an event once where it succeeds', async () => {
  const { invocations, attempts, finish } = setUp([]);
  const requestId = invocations.accept('{"a":1}');
  await finish();
  expect(attempts).toEqual([{ at: 0, requestId }]);
});

test('retries an error after one and two minutes under the same request id, then gives up', async () => {
  const { invocations, attempts, finish } = setUp([FAILED, FAILED, FAILED]);
  const requestId = invocations.accept('{}');
  await finish();
  expect(attempts).toEqual([0, 60_000, 180_000].map((at) => ({ at, requestId })));
});

test('retries as often as the template says', async () => {
  const { invocations, attempts, finish } = setUp([FAILED, FAILED], { maximumRetryAttempts: 0 });
  invocations.accept('{}');
  await finish();
  expect(attempts).toHaveLength(1);
});

test('waits longer after each throttle, which is no attempt', async () => {
  const { invocations, attempts, finish } = setUp(['throttle', 'throttle', 'throttle', FAILED, FAILED]);
  invocations.accept('{}');
  await finish();
  expect(attempts.map(({ at }) => at)).toEqual([0, 1000, 3000, 7000, 67_000, 187_000]);
});

test('sends the event to the dead-letter queue after the last retry', async () => {
  const { invocations, sent, finish } = setUp([FAILED, FAILED, FAILED], { deadLetterArn: QUEUE });
  const requestId = invocations.accept('{"a":1}');
  await finish();
  expect(sent).toEqual([
    {
      body: { a: 1 },
      attributes: {
        RequestID: { DataType: 'String', StringValue: requestId },
        ErrorCode: { DataType: 'Number', StringValue: '200' },
        ErrorMessage: { DataType: 'String', StringValue: 'no' },
      },
    },
  ]);
});

test('sends a record of a failure to its destination', async () => {
  const { invocations, sent, finish } = setUp([FAILED, FAILED, FAILED], { onFailure: QUEUE, onSuccess: 'arn:aws:sqs:other' });
  const requestId = invocations.accept('{"a":1}');
  await finish();
  expect(sent).toEqual([
    {
      body: {
        version: '1.0',
        timestamp: '2026-01-01T00:03:00.000Z',
        requestContext: {
          requestId,
          functionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:things:$LATEST',
          condition: 'RetriesExhausted',
          approximateInvokeCount: 3,
        },
        requestPayload: { a: 1 },
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        responsePayload: { errorType: 'Error', errorMessage: 'no' },
      },
    },
  ]);
});

test('sends a record of a success to its destination', async () => {
  const { invocations, sent, finish } = setUp([], { onSuccess: QUEUE });
  invocations.accept('{}');
  await finish();
  expect(sent).toHaveLength(1);
  expect(sent[0]?.body).toMatchObject({ requestContext: { condition: 'Success' }, responsePayload: 'done' });
});

test.each([
  ['onSuccess'],
  ['onFailure'],
  ['deadLetterArn'],
] as const)('a queue of %s that refuses is logged, and ends nothing', async (name) => {
  const { invocations, finish, lines } = setUp(name === 'onSuccess' ? [] : [FAILED, FAILED, FAILED], { [name]: FULL });
  const requestId = invocations.accept('{}');
  await finish();
  expect(lines.at(-1)).toBe(`lambda: things failed on event ${requestId}: Message must be shorter.`);
});

test('an answer that is no JSON goes to its destination as text', async () => {
  const { invocations, sent, finish } = setUp([{ payload: 'no JSON' }], { onSuccess: QUEUE });
  invocations.accept('{}');
  await finish();
  expect(sent[0]?.body).toMatchObject({ responsePayload: 'no JSON' });
});

test('drops an event that is older than the template says', async () => {
  const { invocations, attempts, sent, finish } = setUp(Array(50).fill('throttle'), {
    maximumEventAgeSeconds: 60,
    onFailure: QUEUE,
  });
  invocations.accept('{}');
  await finish();
  expect(attempts.every(({ at }) => at <= 60_000)).toBe(true);
  expect(sent[0]?.body).toMatchObject({ requestContext: { condition: 'EventAgeExceeded', approximateInvokeCount: 0 } });
});

test('refuses an event over 1 MiB', () => {
  const { invocations } = setUp([]);
  expect(() => invocations.accept(JSON.stringify('x'.repeat(1_048_575)))).toThrow(/too large for the Event invocation type/);
});

test('leaves no timer behind', async () => {
  const { invocations, clock, attempts } = setUp([FAILED]);
  invocations.accept('{}');
  await new Promise((resolve) => setImmediate(resolve));
  invocations.dispose();
  expect(clock.pending).toBe(0);
  clock.advance(600_000);
  expect(attempts).toHaveLength(1);
});
