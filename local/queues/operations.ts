import { AwsError, type Environment, type Members, type Operation, type Operations, type Shape } from '../types';
import { MAX_BATCH, MAX_MESSAGE_BYTES, MAX_WAIT } from './limits';
import { attributesMd5, type MessageAttributes } from './md5';
import type { Queue, StoredMessage } from './queue';

type Input = Pick<Operation, 'input' | 'required'>;

/** Names of attributes; `AttributeName.1` in the Query protocol. */
const NAMES: Shape = { list: 'text', member: 'AttributeName' };

const ATTRIBUTES: Shape = {
  map: { structure: { DataType: 'text', StringValue: 'text', BinaryValue: 'bytes' }, required: ['DataType'] },
  member: 'MessageAttribute',
};
const MESSAGE: Input = {
  input: { MessageBody: 'text', DelaySeconds: 'number', MessageAttributes: ATTRIBUTES },
  required: ['MessageBody'],
};
const HANDLE: Input = { input: { ReceiptHandle: 'text' }, required: ['ReceiptHandle'] };
const VISIBILITY: Input = {
  input: { ReceiptHandle: 'text', VisibilityTimeout: 'number' },
  required: ['ReceiptHandle', 'VisibilityTimeout'],
};
const RECEIVE: Input = {
  input: {
    MaxNumberOfMessages: 'number',
    VisibilityTimeout: 'number',
    WaitTimeSeconds: 'number',
    AttributeNames: NAMES,
    MessageSystemAttributeNames: { list: 'text', member: 'MessageSystemAttributeName' },
    MessageAttributeNames: { list: 'text', member: 'MessageAttributeName' },
  },
};

/** Input of the batch form of an operation. */
function entries(operation: string, { input, required = [] }: Input): Input {
  const entry: { structure: Members; required: string[] } = {
    structure: { Id: 'text', ...input },
    required: ['Id', ...required],
  };
  return { input: { Entries: { list: entry, member: `${operation}BatchRequestEntry` } } };
}

/** SQS's operations on the queues of the template. */
export function sqsOperations(
  queues: readonly Queue[],
  { account, region }: Pick<Environment, 'account' | 'region'>,
): Operations {
  const nameOf = (url: unknown) => String(url).split('/').pop() ?? '';
  const find = (name: string): Queue => {
    const queue = queues.find(({ options }) => options.name === name);
    if (!queue) throw new AwsError('QueueDoesNotExist', `The specified queue does not exist: ${name}`);
    return queue;
  };
  /** An operation on the queue of a URL. The batch forms have the action of the single one. */
  // biome-ignore lint/suspicious/noExplicitAny: each operation narrows its own input
  const on = (action: string, more: Input, handle: (queue: Queue, input: any) => unknown): Operation => ({
    input: { QueueUrl: 'text', ...more.input },
    required: ['QueueUrl', ...(more.required ?? [])],
    action: `sqs:${action}`,
    resources: ({ QueueUrl }) => [`arn:aws:sqs:${region}:${account}:${nameOf(QueueUrl)}`],
    handle: (input) => handle(find(nameOf(input.QueueUrl)), input),
  });

  return {
    sqs: {
      SendMessage: on('SendMessage', MESSAGE, send),
      SendMessageBatch: on('SendMessage', entries('SendMessage', MESSAGE), (queue, { Entries }) => {
        const bytes = (Entries ?? []).reduce(
          (sum: number, entry: SendInput) => sum + Buffer.byteLength(entry.MessageBody ?? ''),
          0,
        );
        if (bytes > MAX_MESSAGE_BYTES) {
          throw new AwsError('BatchRequestTooLong', `Batch requests cannot be longer than ${MAX_MESSAGE_BYTES} bytes.`);
        }
        return batch(Entries, (entry) => send(queue, entry));
      }),
      ReceiveMessage: on('ReceiveMessage', RECEIVE, receive),
      DeleteMessage: on('DeleteMessage', HANDLE, (queue, { ReceiptHandle }) => queue.delete(ReceiptHandle)),
      DeleteMessageBatch: on('DeleteMessage', entries('DeleteMessage', HANDLE), (queue, { Entries }) =>
        batch(Entries, (entry) => queue.delete(entry.ReceiptHandle)),
      ),
      ChangeMessageVisibility: on('ChangeMessageVisibility', VISIBILITY, (queue, { ReceiptHandle, VisibilityTimeout }) =>
        queue.changeVisibility(ReceiptHandle, VisibilityTimeout),
      ),
      ChangeMessageVisibilityBatch: on(
        'ChangeMessageVisibility',
        entries('ChangeMessageVisibility', VISIBILITY),
        (queue, { Entries }) => batch(Entries, (entry) => queue.changeVisibility(entry.ReceiptHandle, entry.VisibilityTimeout)),
      ),
      GetQueueAttributes: on('GetQueueAttributes', { input: { AttributeNames: NAMES } }, (queue, { AttributeNames }) => ({
        Attributes: attributes(queue, AttributeNames),
      })),
      PurgeQueue: on('PurgeQueue', { input: {} }, (queue) => queue.purge()),
      StartMessageMoveTask: {
        input: { SourceArn: 'text', DestinationArn: 'text', MaxNumberOfMessagesPerSecond: 'number' },
        required: ['SourceArn'],
        action: 'sqs:StartMessageMoveTask',
        resources: ({ SourceArn }) => [String(SourceArn)],
        handle: (input) => ({ TaskHandle: redrive(queues, input as RedriveInput) }),
      },
      ListQueues: {
        input: { QueueNamePrefix: 'text', MaxResults: 'number', NextToken: 'text' },
        action: 'sqs:ListQueues',
        resources: () => [],
        handle: ({ QueueNamePrefix = '' }) => ({
          QueueUrls: queues.filter(({ options }) => options.name.startsWith(QueueNamePrefix)).map(({ url }) => url),
        }),
      },
      GetQueueUrl: {
        input: { QueueName: 'text', QueueOwnerAWSAccountId: 'text' },
        required: ['QueueName'],
        action: 'sqs:GetQueueUrl',
        resources: ({ QueueName }) => [`arn:aws:sqs:${region}:${account}:${QueueName}`],
        handle: ({ QueueName }) => ({ QueueUrl: find(QueueName).url }),
      },
    },
  };
}

interface RedriveInput {
  readonly SourceArn?: string;
  readonly DestinationArn?: string;
}

/**
 * Moves everything out of a dead-letter queue at once, as new messages: each has an id, an age and a count of receipts of its own
 * from there.
 * @returns a handle for nobody, since the task is over.
 */
function redrive(queues: readonly Queue[], { SourceArn, DestinationArn }: RedriveInput): string {
  const deadLetters = queues.find(({ arn }) => arn === SourceArn);
  if (!deadLetters)
    throw new AwsError('ResourceNotFoundException', `The resource that you specified doesn't exist: ${SourceArn}`, 404);
  const sources = queues.filter(({ options }) => options.redrive?.deadLetterArn === SourceArn);
  if (sources.length === 0)
    throw new AwsError('InvalidParameterValue', 'Source queue must be configured as a Dead Letter Queue.');
  const destination = DestinationArn === undefined ? sources[0] : queues.find(({ arn }) => arn === DestinationArn);
  if (!destination || (DestinationArn === undefined && sources.length > 1)) {
    throw new AwsError(
      'InvalidParameterValue',
      "'DestinationArn' must be a queue of the template where there isn't just one source",
    );
  }
  for (const { body, attributes } of deadLetters.moveOut()) destination.send(body, { delaySeconds: 0, attributes });
  return Buffer.from(JSON.stringify({ SourceArn })).toString('base64');
}

interface SendInput {
  readonly MessageBody?: string;
  readonly DelaySeconds?: number;
  readonly MessageAttributes?: MessageAttributes;
}

function send(queue: Queue, { MessageBody, DelaySeconds, MessageAttributes }: SendInput) {
  if (MessageBody === undefined) throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
  const { messageId, bodyMd5 } = queue.send(MessageBody, {
    ...(DelaySeconds !== undefined && { delaySeconds: DelaySeconds }),
    ...(MessageAttributes && { attributes: MessageAttributes }),
  });
  return {
    MessageId: messageId,
    MD5OfMessageBody: bodyMd5,
    ...(MessageAttributes && { MD5OfMessageAttributes: attributesMd5(MessageAttributes) }),
  };
}

interface ReceiveInput {
  readonly MaxNumberOfMessages?: number;
  readonly VisibilityTimeout?: number;
  readonly WaitTimeSeconds?: number;
  /** The older of the two names of one list. */
  readonly AttributeNames?: string[];
  readonly MessageSystemAttributeNames?: string[];
  readonly MessageAttributeNames?: string[];
}

function receive(queue: Queue, input: ReceiveInput): Promise<unknown> {
  const waitSeconds = input.WaitTimeSeconds ?? queue.options.receiveWaitSeconds;
  if (waitSeconds < 0 || waitSeconds > MAX_WAIT) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ${waitSeconds} for parameter WaitTimeSeconds is invalid. Must be >= 0 and <= 20.`,
    );
  }
  const options = {
    maxMessages: input.MaxNumberOfMessages ?? 1,
    ...(input.VisibilityTimeout !== undefined && { visibilitySeconds: input.VisibilityTimeout }),
  };
  return new Promise((resolve) => {
    queue.poll(options, waitSeconds * 1000, (messages) =>
      // AWS leaves the member out where there is nothing.
      resolve(messages.length > 0 ? { Messages: messages.map((message) => shown(message, input)) } : {}),
    );
  });
}

function shown(message: StoredMessage, input: ReceiveInput) {
  const wanted = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])];
  const system = pick(
    {
      SenderId: 'AIDALOCALSENDER',
      SentTimestamp: String(message.sentAt),
      ApproximateReceiveCount: String(message.receiveCount),
      ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    },
    wanted,
  );
  const own = pick(message.attributes, input.MessageAttributeNames ?? []);
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: message.bodyMd5,
    Body: message.body,
    ...(Object.keys(system).length > 0 && { Attributes: system }),
    ...(Object.keys(own).length > 0 && { MessageAttributes: own, MD5OfMessageAttributes: attributesMd5(own) }),
  };
}

function attributes(queue: Queue, wanted: string[] = []): Record<string, string> {
  const { options } = queue;
  const { visible, inFlight, delayed } = queue.stats();
  const { redrive } = options;
  const all: Record<string, string> = {
    QueueArn: options.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    VisibilityTimeout: String(options.visibilitySeconds),
    DelaySeconds: String(options.delaySeconds),
    MessageRetentionPeriod: String(options.retentionSeconds),
    MaximumMessageSize: String(options.maximumMessageBytes),
    ReceiveMessageWaitTimeSeconds: String(options.receiveWaitSeconds),
    ...(redrive && {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: redrive.deadLetterArn, maxReceiveCount: redrive.maxReceiveCount }),
    }),
  };
  return pick(all, wanted);
}

/** The wanted members; `All` (and `.*` for message attributes) is every one, and a trailing `*` a prefix. */
function pick<T>(all: Readonly<Record<string, T>>, wanted: readonly string[]): Record<string, T> {
  const matches = (name: string) =>
    wanted.some((want) => want === 'All' || want === name || (want.endsWith('*') && name.startsWith(want.replace(/\.?\*$/, ''))));
  return Object.fromEntries(Object.entries(all).filter(([name]) => matches(name)));
}

/** The entries of a batch succeed or fail one by one. */
// biome-ignore lint/suspicious/noExplicitAny: entries differ by operation
function batch(entries: any[] | undefined, handle: (entry: any) => unknown) {
  if (!entries?.length) throw new AwsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (entries.length > MAX_BATCH) {
    throw new AwsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_BATCH}. You have sent ${entries.length}.`,
    );
  }
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw new AwsError('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.');
  }
  const successful: unknown[] = [];
  const failed: unknown[] = [];
  for (const entry of entries) {
    try {
      successful.push({ Id: entry.Id, ...(handle(entry) as object | undefined) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push({ Id: entry.Id, Code: error.code, Message: error.message, SenderFault: true });
    }
  }
  return { Successful: successful, Failed: failed };
}
