import { createServer } from 'node:net';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import {
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiptHandleIsInvalid,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { awsFromTemplate, types as awsTypes, createEndpoint, type Endpoint } from '../../local/aws';
import { createEvents, type Events, eventsFromTemplate, types as eventTypes } from '../../local/events';
import { createQueues, type Queues, queuesFromTemplate, types as queueTypes } from '../../local/queues';
import type { Environment, Model, Resource } from '../../local/types';
import { plainModel, productContext } from '../support/product-context';

const QUEUE = 'arn:aws:sqs:eu-west-1:000000000000:Stack-Q';
const RULE = 'arn:aws:events:eu-west-1:000000000000:rule/bus/Stack-Rule';

const lets = (sourceArn: string) => ({
  Statement: [
    {
      Effect: 'Allow',
      Action: 'sqs:SendMessage',
      Resource: QUEUE,
      Principal: { Service: 'events.amazonaws.com' },
      Condition: { ArnEquals: { 'aws:SourceArn': sourceArn } },
    },
  ],
});

/** A bus with a rule to a queue, whose policy lets in the given source. */
function model(environment: Environment, sourceArn: string): Model {
  const types = { ...awsTypes, ...eventTypes, ...queueTypes };
  const plain = plainModel(
    {
      Bus: { type: 'AWS::Events::EventBus', properties: { Name: 'bus' } },
      Rule: {
        type: 'AWS::Events::Rule',
        properties: {
          EventBusName: 'bus',
          EventPattern: { detail: { n: [{ numeric: ['>', 1] }] } },
          Targets: [{ Id: 'q', Arn: QUEUE }],
        },
      },
      Q: { type: 'AWS::SQS::Queue', properties: {} },
      Policy: {
        type: 'AWS::SQS::QueuePolicy',
        properties: { Queues: [`${environment.endpointUrl}/000000000000/Stack-Q`], PolicyDocument: lets(sourceArn) },
      },
    },
    environment,
  );
  const ref = (each: Resource) => types[each.type]!.ref(each, environment);
  return {
    ...plain,
    ref,
    attribute: (each, name) => types[each.type]!.attributes![name]!(each, environment),
    find: (type, reference) => plain.resources(type).find((each) => ref(each) === reference),
  };
}

let running: { queues: Queues; events: Events; endpoint: Endpoint; lines: string[]; cleanUp(): void };
let bus: EventBridgeClient;
let sqs: SQSClient;
let QueueUrl: string;

async function start(sourceArn: string): Promise<void> {
  const port = await new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
  const context = productContext({ environment: { endpointUrl: `http://127.0.0.1:${port}`, port: () => port } });
  const template = model(context.environment, sourceArn);
  const aws = awsFromTemplate(template);
  const queues = createQueues(queuesFromTemplate(template), context);
  const events = createEvents({ ...eventsFromTemplate(template), latencyMs: 1, duplicateProbability: 0 }, context, {
    authorizeResource: (question) => aws.policies.authorizeResource(question),
  });
  const endpoint = createEndpoint(
    { ...aws, operations: [queues.operations, events.operations, aws.secrets.operations] },
    context,
  );
  for (const product of [queues, events, endpoint]) await product.start();
  running = { queues, events, endpoint, ...context };

  const client = {
    endpoint: context.environment.endpointUrl,
    region: 'eu-west-1',
    credentials: context.keys.operator,
    maxAttempts: 1,
  };
  bus = new EventBridgeClient(client);
  sqs = new SQSClient(client);
  QueueUrl = `${client.endpoint}/000000000000/Stack-Q`;
}

afterEach(async () => {
  for (const product of [running.endpoint, running.events, running.queues]) await product.dispose();
  running.cleanUp();
});

const put = (n: number) =>
  bus.send(
    new PutEventsCommand({ Entries: [{ EventBusName: 'bus', Source: 'app', DetailType: 'T', Detail: JSON.stringify({ n }) }] }),
  );

test('an event that matches reaches a client that waits at the queue', async () => {
  await start(RULE);
  const waiting = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MessageSystemAttributeNames: ['All'] }));
  await put(1);
  await put(2);
  const { Messages } = await waiting;
  expect(Messages).toHaveLength(1);
  expect(JSON.parse(Messages![0]!.Body!)).toMatchObject({ source: 'app', 'detail-type': 'T', detail: { n: 2 } });
  expect(Messages![0]!.Attributes).toMatchObject({ ApproximateReceiveCount: '1' });

  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages![0]!.ReceiptHandle }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  expect(Attributes).toMatchObject({
    QueueArn: QUEUE,
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesNotVisible: '0',
  });
});

test('an event is dropped where the policy of the queue lets in another rule only', async () => {
  await start(`${RULE}-other`);
  await put(2);
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
  expect(Messages).toBeUndefined();
  expect(running.events.stats()['Stack-Rule']).toMatchObject({ matched: 1, delivered: 0, dropped: 1 });
  expect(running.lines.at(-1)).toContain('no resource-based policy allows the sqs:sendmessage action');
});

test('a client checks the digests of what it sends and receives', async () => {
  await start(RULE);
  const MessageAttributes = {
    text: { DataType: 'String', StringValue: 'ä' },
    bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2]) },
  };
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'körper', MessageAttributes }));
  const batch = {
    QueueUrl,
    Entries: [
      { Id: '1', MessageBody: 'a' },
      { Id: '2', MessageBody: 'b', DelaySeconds: 900 },
    ],
  };
  expect(await sqs.send(new SendMessageBatchCommand(batch))).toMatchObject({ Successful: [{ Id: '1' }, { Id: '2' }] });

  const { Messages } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'] }),
  );
  const found = Messages!.find(({ Body }) => Body === 'körper');
  expect(found!.MessageAttributes).toEqual(MessageAttributes);
  expect(Messages!.map(({ Body }) => Body).sort()).toEqual(['a', 'körper']);
  expect(running.queues.stats()['Stack-Q']).toMatchObject({ delayed: 1, inFlight: 2 });

  const wrong = sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: 'x' }));
  await expect(wrong).rejects.toBeInstanceOf(ReceiptHandleIsInvalid);
});
