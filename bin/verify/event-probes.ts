import { randomUUID } from 'node:crypto';
import { PutEventsCommand, TestEventPatternCommand } from '@aws-sdk/client-eventbridge';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { Probe } from './probe';
import { PROBE_SOURCE } from './probe-stack';
import type { Target } from './target';

const yes = (condition: boolean): string => (condition ? 'yes' : 'no');

/** Longest wait for a message, in milliseconds. */
const MESSAGE_MS = 40_000;

async function matches({ clients }: Target, pattern: object, detail: object): Promise<boolean> {
  const event = {
    version: '0',
    id: randomUUID(),
    account: '123456789012',
    region: 'us-east-1',
    time: new Date().toISOString().replace(/\.\d+/, ''),
    source: PROBE_SOURCE,
    'detail-type': 'Probe',
    resources: [],
    detail,
  };
  const command = new TestEventPatternCommand({
    EventPattern: JSON.stringify({ detail: pattern }),
    Event: JSON.stringify(event),
  });
  return (await clients.events.send(command)).Result === true;
}

/** Receives the next message that matches; others stay in the queue. */
async function receive({ clients }: Target, queueUrl: string, isWanted: (message: Message) => boolean): Promise<Message> {
  const until = Date.now() + MESSAGE_MS;
  while (Date.now() < until) {
    const { Messages = [] } = await clients.queues.send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 2, MaxNumberOfMessages: 1, VisibilityTimeout: 30 }),
    );
    const [message] = Messages;
    if (message && isWanted(message)) return message;
    if (message) await show(clients, queueUrl, message);
  }
  throw new Error(`no message within ${MESSAGE_MS} ms`);
}

const show = (clients: Target['clients'], queueUrl: string, { ReceiptHandle }: Message) =>
  clients.queues.send(new ChangeMessageVisibilityCommand({ QueueUrl: queueUrl, ReceiptHandle, VisibilityTimeout: 0 }));

const remove = (clients: Target['clients'], queueUrl: string, { ReceiptHandle }: Message) =>
  clients.queues.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));

async function publish(target: Target, type: string, busName = target.options.busName): Promise<number> {
  const entry = { EventBusName: busName, Source: PROBE_SOURCE, DetailType: type, Detail: JSON.stringify({ id: randomUUID() }) };
  return (await target.clients.events.send(new PutEventsCommand({ Entries: [entry] }))).FailedEntryCount ?? 0;
}

/** Body of what a rule delivers. */
async function delivered(target: Target, rule: string): Promise<string> {
  const { queueUrl } = target.options;
  await publish(target, rule);
  const message = await receive(target, queueUrl, () => true);
  await remove(target.clients, queueUrl, message);
  return message.Body ?? '';
}

/** Probes of EventBridge and SQS. Those that receive share two queues. */
export const EVENT_PROBES: readonly Probe<Target>[] = [
  {
    id: 'events/missing-bus',
    question: "What does `PutEvents` answer for a bus that doesn't exist?",
    does: 'puts an event on one',
    assumed: 'success, and the event is gone',
    run: async (target) =>
      publish(target, 'Nowhere', `cachement-${randomUUID()}`).then(
        (failed) => (failed === 0 ? 'success, and the event is gone' : 'a failed entry'),
        (error: Error) => error.name,
      ),
  },
  {
    id: 'events/anything-but-array',
    question: 'Does `anything-but` match an array in the event if one of its values differs?',
    does: 'asks TestEventPattern',
    assumed: 'yes',
    run: async (target) => yes(await matches(target, { tag: [{ 'anything-but': ['a'] }] }, { tag: ['a', 'b'] })),
  },
  {
    id: 'events/exists-object',
    question: 'Does `exists` see objects?',
    does: 'asks TestEventPattern about an object and an empty array',
    assumed: 'object: no, empty array: no',
    run: async (target) => {
      const pattern = { tag: [{ exists: true }] };
      const [object, array] = [await matches(target, pattern, { tag: { a: 1 } }), await matches(target, pattern, { tag: [] })];
      return `object: ${yes(object)}, empty array: ${yes(array)}`;
    },
  },
  {
    id: 'events/array-of-objects',
    question: 'A pattern on an array of objects: must one object match all of it?',
    does: 'asks TestEventPattern about two objects that match half of it each',
    assumed: 'yes',
    run: async (target) =>
      yes(
        !(await matches(
          target,
          { tag: { a: [1], b: [2] } },
          {
            tag: [
              { a: 1, b: 1 },
              { a: 2, b: 2 },
            ],
          },
        )),
      ),
  },
  {
    id: 'events/missing-input-path',
    question: 'What does `InputPath` give where nothing is there?',
    does: 'has a rule deliver what an event does not have',
    assumed: 'null',
    changes: 'a message that is deleted',
    lane: 'queues',
    run: (target) => delivered(target, 'MissingInputPath'),
  },
  {
    id: 'events/missing-in-transformer',
    question: "What is a path of an input transformer that the event doesn't have?",
    does: 'has a rule deliver it between brackets',
    assumed: '[]',
    changes: 'a message that is deleted',
    lane: 'queues',
    run: async (target) => /absent=(\[.*\])/.exec(await delivered(target, 'MissingInTransformer'))?.[1] ?? 'nothing',
  },
  {
    id: 'queues/delete-by-old-handle',
    question: 'Does a delete by the handle of an earlier receive delete?',
    does: 'receives a message twice, and deletes it by the first handle',
    assumed: 'no, and it is no error',
    changes: 'a message that is deleted',
    lane: 'queues',
    run: async (target) => {
      const { clients } = target;
      const { deadLetterQueueUrl: queueUrl } = target.options;
      const body = randomUUID();
      await clients.queues.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
      const first = await receive(target, queueUrl, ({ Body }) => Body === body);
      await show(clients, queueUrl, first);
      const second = await receive(target, queueUrl, ({ Body }) => Body === body);
      const error = await remove(clients, queueUrl, first).then(
        () => undefined,
        ({ name }: Error) => name,
      );
      const left = await show(clients, queueUrl, second).then(
        () => true,
        () => false,
      );
      if (left) await remove(clients, queueUrl, await receive(target, queueUrl, ({ Body }) => Body === body));
      return `${left ? 'no' : 'yes'}, and it is ${error ? `an error: ${error}` : 'no error'}`;
    },
  },
  {
    id: 'queues/dead-letter',
    question: 'When is a message moved to the dead-letter queue?',
    does: 'receives a message as often as is allowed, and once more',
    assumed: 'at the receive after the last one allowed; it keeps its id',
    changes: 'a message that is deleted',
    lane: 'queues',
    run: async (target) => {
      const { clients, options } = target;
      const body = randomUUID();
      const { MessageId } = await clients.queues.send(new SendMessageCommand({ QueueUrl: options.queueUrl, MessageBody: body }));
      const wanted = ({ Body }: Message) => Body === body;
      for (let receives = 0; receives < 2; receives++) {
        await show(clients, options.queueUrl, await receive(target, options.queueUrl, wanted));
      }
      const early = await clients.queues.send(
        new ReceiveMessageCommand({ QueueUrl: options.deadLetterQueueUrl, WaitTimeSeconds: 2 }),
      );
      const isEarly = early.Messages?.some(wanted) ?? false;
      for (const message of early.Messages ?? []) await show(clients, options.deadLetterQueueUrl, message);
      await clients.queues.send(new ReceiveMessageCommand({ QueueUrl: options.queueUrl, WaitTimeSeconds: 2 }));
      const dead = await receive(target, options.deadLetterQueueUrl, wanted);
      await remove(clients, options.deadLetterQueueUrl, dead);
      const when = isEarly ? 'after the last receive allowed' : 'at the receive after the last one allowed';
      return `${when}; it ${dead.MessageId === MessageId ? 'keeps its id' : 'has another id'}`;
    },
  },
];
