import { createQueues, type Queues, queuesFromTemplate, types } from '../../../local/queues';
import { AwsError, type InvokeResult, type Model, type Resource } from '../../../local/types';
import { settled } from '../../support/fake-clock';
import { ManualClock } from '../../support/manual-clock';
import { plainModel, productContext } from '../../support/product-context';

const FUNCTION = 'F.Arn';

const clock = new ManualClock();
const context = productContext({ clock, environment: { endpointUrl: 'http://127.0.0.1:4' } });
afterAll(() => context.cleanUp());

type Record = { messageId: string; body: string; [key: string]: unknown };

/** The batches that the function got, and how it answers: by default at once, with nothing. */
let batches: Record[][];
let answer: (records: Record[]) => Promise<InvokeResult>;
let queues: Queues | undefined;

beforeEach(() => {
  batches = [];
  answer = async () => ({ payload: 'null' });
  context.registry.functions.set(FUNCTION, {
    arn: FUNCTION,
    invoke: (event) => {
      const { Records } = event as { Records: Record[] };
      batches.push(Records);
      return answer(Records);
    },
  });
});

afterEach(() => queues?.dispose());

/** A model of a queue `Q` with a dead-letter queue, and a mapping to the function. */
function model(queue: object = {}, mapping: object = {}, fn: object = {}): Model {
  const environment = context.environment;
  const arn = (id: string) => `arn:aws:sqs:eu-west-1:000000000000:Stack-${id}`;
  const plain = plainModel(
    {
      F: { type: 'AWS::Lambda::Function', properties: { Timeout: 5, ...fn } },
      Dead: { type: 'AWS::SQS::Queue', properties: {} },
      Q: {
        type: 'AWS::SQS::Queue',
        properties: { RedrivePolicy: { deadLetterTargetArn: arn('Dead'), maxReceiveCount: 2 }, ...queue },
      },
      M: {
        type: 'AWS::Lambda::EventSourceMapping',
        properties: { EventSourceArn: arn('Q'), FunctionName: 'F', ...mapping },
      },
    },
    environment,
  );
  const find = (type: string, reference: string): Resource | undefined =>
    plain.resources(type).find((each) => types[type]?.attributes?.Arn?.(each, environment) === reference) ??
    plain.find(type, reference);
  return { ...plain, find };
}

async function start(queue: object = {}, mapping: object = {}): Promise<Queues> {
  queues = createQueues({ ...queuesFromTemplate(model(queue, mapping)), reorderProbability: 0 }, context);
  await queues.start();
  return queues;
}

const URL = 'http://127.0.0.1:4/000000000000/Stack-Q';
const sqs = (operation: string, input: object) =>
  queues!.operations.sqs![operation]!.handle({ QueueUrl: URL, ...input }, {}) as never;
const send = (...bodies: string[]) => {
  for (const MessageBody of bodies) sqs('SendMessage', { MessageBody });
};
const received = () => batches.map((batch) => batch.map(({ body }) => body));

/** Moves time in steps, so that what a callback starts is seen. */
async function advance(seconds: number): Promise<void> {
  for (let i = 0; i < seconds * 2; i++) {
    clock.advance(500);
    await settled();
  }
}

describe('a redrive', () => {
  const arn = (id: string) => `arn:aws:sqs:eu-west-1:000000000000:Stack-${id}`;
  const redrive = (input: object) => queues!.operations.sqs!.StartMessageMoveTask!.handle(input, {});

  test('gives what ended up among the dead letters to its queue again, as new messages', async () => {
    answer = async (records) => ({
      payload: JSON.stringify({ batchItemFailures: records.map(({ messageId }) => ({ itemIdentifier: messageId })) }),
    });
    await start({ VisibilityTimeout: 5 }, { FunctionResponseTypes: ['ReportBatchItemFailures'] });
    send('a');
    await advance(12);
    expect(queues!.stats()['Stack-Dead']).toMatchObject({ visible: 1 });
    const before = batches.at(-1)![0]!.messageId;
    answer = async () => ({ payload: 'null' });
    expect(redrive({ SourceArn: arn('Dead') })).toEqual({ TaskHandle: expect.any(String) });
    await settled();
    expect(batches.at(-1)).toMatchObject([{ body: 'a', attributes: { ApproximateReceiveCount: '1' } }]);
    expect(batches.at(-1)![0]!.messageId).not.toBe(before);
    expect(queues!.stats()).toMatchObject({ 'Stack-Dead': { visible: 0 }, 'Stack-Q': { visible: 0, inFlight: 0 } });
  });

  test.each([
    ['a queue that is no dead-letter queue', { SourceArn: arn('Q') }, 'Dead Letter Queue'],
    ['a queue that there is not', { SourceArn: arn('X') }, "doesn't exist"],
    ['a destination that there is not', { SourceArn: arn('Dead'), DestinationArn: arn('X') }, "'DestinationArn' must be"],
  ])('of %s is refused', async (_, input, message) => {
    await start();
    expect(() => redrive(input)).toThrow(message);
  });
});

describe('an event source mapping', () => {
  test('hands a message over as Lambda does, and deletes it', async () => {
    await start();
    const sentAt = clock.now();
    sqs('SendMessage', { MessageBody: 'hello', MessageAttributes: { kind: { DataType: 'String', StringValue: 'x' } } });
    await settled();
    expect(batches).toEqual([
      [
        {
          messageId: expect.any(String),
          receiptHandle: expect.any(String),
          body: 'hello',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: String(sentAt),
            SenderId: expect.any(String),
            ApproximateFirstReceiveTimestamp: String(sentAt),
          },
          messageAttributes: { kind: { stringValue: 'x', stringListValues: [], binaryListValues: [], dataType: 'String' } },
          md5OfBody: '5d41402abc4b2a76b9719d911017c592',
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:eu-west-1:000000000000:Stack-Q',
          awsRegion: 'eu-west-1',
        },
      ],
    ]);
    expect(queues!.stats()['Stack-Q']).toMatchObject({ visible: 0, inFlight: 0, deleted: 1 });
  });

  test('takes what waits in batches of at most the size', async () => {
    queues = createQueues({ ...queuesFromTemplate(model({}, { BatchSize: 3 })), reorderProbability: 0 }, context);
    send('a', 'b', 'c', 'd');
    await queues.start();
    await settled();
    expect(received()).toEqual([['a', 'b', 'c'], ['d']]);
  });

  test('gathers a batch until its window ends', async () => {
    await start({}, { MaximumBatchingWindowInSeconds: 2 });
    send('a');
    await advance(1);
    send('b');
    await settled();
    expect(received()).toEqual([]);
    await advance(1);
    expect(received()).toEqual([['a', 'b']]);
    send('c');
    await advance(2);
    expect(received()).toEqual([['a', 'b'], ['c']]);
  });

  test('hands a full batch over before its window ends', async () => {
    await start({}, { BatchSize: 2, MaximumBatchingWindowInSeconds: 60 });
    send('a', 'b');
    await settled();
    expect(received()).toEqual([['a', 'b']]);
  });

  test('fills a batch of more than ten from several receives', async () => {
    await start({}, { BatchSize: 25, MaximumBatchingWindowInSeconds: 1 });
    send(...Array.from({ length: 25 }, (_, i) => String(i)));
    await settled();
    expect(received().map((batch) => batch.length)).toEqual([25]);
  });

  test('leaves every message of a failed invocation to come back after the visibility timeout, and then to the dead-letter queue', async () => {
    await start();
    answer = async () => ({ payload: '{"errorMessage":"no"}', functionError: 'Unhandled' });
    send('a', 'b');
    await settled();
    const attempts = () => batches.flat().length;
    const before = attempts();
    await advance(29);
    expect(attempts()).toBe(before);
    await advance(40);
    expect(queues!.stats()).toMatchObject({
      'Stack-Q': { visible: 0, inFlight: 0, deadLettered: 2 },
      'Stack-Dead': { visible: 2 },
    });
    expect(attempts()).toBe(4);
  });

  test('brings back only what was reported as failed', async () => {
    await start({}, { FunctionResponseTypes: ['ReportBatchItemFailures'], BatchSize: 2, MaximumBatchingWindowInSeconds: 1 });
    answer = async (records) => {
      const failed = records.filter(
        ({ body, attributes }) => body === 'bad' && (attributes as Record).ApproximateReceiveCount === '1',
      );
      return { payload: JSON.stringify({ batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) }) };
    };
    send('good', 'bad');
    await settled();
    expect(queues!.stats()['Stack-Q']).toMatchObject({ deleted: 1, inFlight: 1 });
    await advance(32);
    expect(received()).toEqual([['good', 'bad'], ['bad']]);
    expect(queues!.stats()['Stack-Q']).toMatchObject({ deleted: 2, inFlight: 0 });
  });

  test('pays no heed to a report that was not agreed on', async () => {
    await start();
    answer = async ([record]) => ({ payload: JSON.stringify({ batchItemFailures: [{ itemIdentifier: record!.messageId }] }) });
    send('a');
    await settled();
    expect(queues!.stats()['Stack-Q']).toMatchObject({ deleted: 1 });
  });

  test('tries again when throttled, with the messages in hand', async () => {
    await start();
    answer = async () => {
      if (batches.length < 3) throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
      return { payload: 'null' };
    };
    send('a');
    await advance(5);
    expect(received()).toEqual([['a'], ['a'], ['a']]);
    expect(batches.map(([record]) => (record!.attributes as Record).ApproximateReceiveCount)).toEqual(['1', '1', '1']);
    expect(queues!.stats()['Stack-Q']).toMatchObject({ received: 1, deleted: 1 });
  });

  test('gives up on a throttle when the messages get visible again', async () => {
    await start();
    answer = async () => {
      throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', 429);
    };
    send('a');
    await advance(90);
    expect(queues!.stats()).toMatchObject({ 'Stack-Q': { deadLettered: 1, received: 2 }, 'Stack-Dead': { visible: 1 } });
    const attempts = batches.length;
    await advance(30);
    expect(batches.length).toBe(attempts);
  });

  test('runs at most as many batches at a time as it may', async () => {
    let running = 0;
    let most = 0;
    const gates: (() => void)[] = [];
    answer = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => gates.push(resolve));
      running -= 1;
      return { payload: 'null' };
    };
    await start({}, { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } });
    send('a', 'b', 'c', 'd');
    await settled();
    expect(most).toBe(2);
    for (let i = 0; i < 4; i++) {
      gates.shift()!();
      await settled();
    }
    expect(received().flat().sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(most).toBe(2);
  });

  test('polls nothing while disabled, or once disposed of', async () => {
    await start({}, { Enabled: false });
    send('a');
    await settled();
    expect(batches).toEqual([]);
    await queues!.dispose();
    await start();
    await queues!.dispose();
    expect(clock.pending).toBe(0);
    expect(context.registry.queues.size).toBe(0);
  });
});

describe('the operations', () => {
  beforeEach(() => start({}, { Enabled: false }));

  test('send and receive, with the digests that clients check', async () => {
    expect(sqs('SendMessage', { MessageBody: 'hello' })).toMatchObject({ MD5OfMessageBody: '5d41402abc4b2a76b9719d911017c592' });
    const { Messages } = (await sqs('ReceiveMessage', { AttributeNames: ['ApproximateReceiveCount'] })) as { Messages: object[] };
    expect(Messages).toEqual([
      {
        MessageId: expect.any(String),
        ReceiptHandle: expect.any(String),
        Body: 'hello',
        MD5OfBody: '5d41402abc4b2a76b9719d911017c592',
        Attributes: { ApproximateReceiveCount: '1' },
      },
    ]);
    expect(await sqs('ReceiveMessage', {})).toEqual({});
  });

  test('wait for a message', async () => {
    const waiting = sqs('ReceiveMessage', { WaitTimeSeconds: 20 }) as Promise<object>;
    clock.advance(10_000);
    sqs('SendMessage', { MessageBody: 'late' });
    expect(await waiting).toMatchObject({ Messages: [{ Body: 'late' }] });
  });

  test('take a batch entry by entry', () => {
    const Entries = [
      { Id: '1', MessageBody: 'a' },
      { Id: '2', MessageBody: 'b', DelaySeconds: 901 },
    ];
    expect(sqs('SendMessageBatch', { Entries })).toEqual({
      Successful: [expect.objectContaining({ Id: '1', MD5OfMessageBody: expect.any(String) })],
      Failed: [expect.objectContaining({ Id: '2', Code: 'InvalidParameterValue', SenderFault: true })],
    });
  });

  test.each([
    ['no entries', [], 'EmptyBatchRequest'],
    [
      'eleven entries',
      Array.from({ length: 11 }, (_, i) => ({ Id: String(i), MessageBody: 'x' })),
      'TooManyEntriesInBatchRequest',
    ],
    ['an id twice', Array(2).fill({ Id: '1', MessageBody: 'x' }), 'BatchEntryIdsNotDistinct'],
    ['too much together', ['1', '2'].map((Id) => ({ Id, MessageBody: 'x'.repeat(600_000) })), 'BatchRequestTooLong'],
  ])('refuse a batch with %s', (_, Entries, code) => {
    expect(() => sqs('SendMessageBatch', { Entries })).toThrow(expect.objectContaining({ code }));
  });

  test('describe a queue', () => {
    sqs('SendMessage', { MessageBody: 'a' });
    sqs('SendMessage', { MessageBody: 'b', DelaySeconds: 5 });
    expect(sqs('GetQueueAttributes', { AttributeNames: ['All'] })).toEqual({
      Attributes: expect.objectContaining({
        QueueArn: 'arn:aws:sqs:eu-west-1:000000000000:Stack-Q',
        ApproximateNumberOfMessages: '1',
        ApproximateNumberOfMessagesDelayed: '1',
        VisibilityTimeout: '30',
      }),
    });
    expect(sqs('GetQueueUrl', { QueueName: 'Stack-Q' })).toEqual({ QueueUrl: URL });
    expect(() => sqs('GetQueueUrl', { QueueName: 'other' })).toThrow(expect.objectContaining({ code: 'QueueDoesNotExist' }));
  });

  test('delete, change the visibility, and purge', async () => {
    send('a', 'b', 'c');
    const { Messages } = (await sqs('ReceiveMessage', { MaxNumberOfMessages: 2 })) as { Messages: { ReceiptHandle: string }[] };
    sqs('DeleteMessage', { ReceiptHandle: Messages[0]!.ReceiptHandle });
    sqs('ChangeMessageVisibility', { ReceiptHandle: Messages[1]!.ReceiptHandle, VisibilityTimeout: 0 });
    expect(queues!.stats()['Stack-Q']).toMatchObject({ visible: 2, inFlight: 0, deleted: 1 });
    sqs('PurgeQueue', {});
    expect(queues!.stats()['Stack-Q']).toMatchObject({ visible: 0 });
  });

  test('ask for the permission of the single form', () => {
    const { SendMessageBatch, DeleteMessageBatch } = queues!.operations.sqs!;
    expect(SendMessageBatch!.action).toBe('sqs:SendMessage');
    expect(DeleteMessageBatch!.action).toBe('sqs:DeleteMessage');
    expect(SendMessageBatch!.resources({ QueueUrl: URL })).toEqual(['arn:aws:sqs:eu-west-1:000000000000:Stack-Q']);
  });
});

describe('a template is refused', () => {
  test.each([
    ['with a FIFO queue', { FifoQueue: true }, {}, {}, /'FifoQueue' must be false/],
    [
      'with a visibility timeout below the timeout of the function',
      { VisibilityTimeout: 4 },
      {},
      {},
      /at least the function's timeout of 5 s, got: 4 s/,
    ],
    ['with a large batch and no window', {}, { BatchSize: 11 }, {}, /'MaximumBatchingWindowInSeconds' must be at least 1/],
    [
      'with another event source',
      {},
      { EventSourceArn: 'arn:aws:kinesis:r:1:s' },
      {},
      /'EventSourceArn' must be a queue of the template/,
    ],
    [
      'with a dead-letter queue that is not there',
      { RedrivePolicy: { deadLetterTargetArn: 'x', maxReceiveCount: 1 } },
      {},
      {},
      /'RedrivePolicy' must name a queue/,
    ],
  ])('%s', (_, queue, mapping, fn, message) => {
    expect(() => queuesFromTemplate(model(queue, mapping, fn))).toThrow(message);
  });
});
