import { execFile, execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { promisify } from 'node:util';
import {
  createEndpoint,
  type Endpoint,
  identityOperations,
  Network,
  Policies,
  SecretStore,
  stackOperations,
} from '../../local/aws';
import { createBuckets } from '../../local/buckets';
import { createEvents } from '../../local/events';
import { createLambda } from '../../local/lambda';
import { createQueues, type Queues, queuesFromTemplate } from '../../local/queues';
import { plainModel, productContext } from '../support/product-context';
import { signedFetch } from '../support/signed-request';

const run = promisify(execFile);
const installed = (() => {
  try {
    return execFileSync('aws', ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).startsWith('aws-cli');
  } catch {
    return false;
  }
})();

let port = 0;
const context = productContext({ environment: { port: () => port } });
let endpoint: Endpoint;
let queues: Queues;
let queueUrl: string;

beforeAll(async () => {
  port = await new Promise<number>((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as net.AddressInfo;
      server.close(() => resolve(free));
    });
  });
  Object.assign(context.environment, { endpointUrl: `http://127.0.0.1:${port}` });
  const model = plainModel(
    {
      Q: { type: 'AWS::SQS::Queue', properties: {} },
      S: { type: 'AWS::SecretsManager::Secret', properties: { SecretString: 'the secret' } },
    },
    context.environment,
  );
  const policies = new Policies({ account: '000000000000', region: 'eu-west-1', roles: new Map(), resources: new Map() });
  queues = createQueues(queuesFromTemplate(model), context);
  queueUrl = `${context.environment.endpointUrl}/000000000000/Stack-Q`;
  const stacks = {
    ids: () => new Map([['Shop', 'arn:aws:cloudformation:eu-west-1:000000000000:stack/Shop/0']]),
    resources: () => model.resources('AWS::SQS::Queue'),
    physicalId: () => queueUrl,
    outputs: () => [{ name: 'Url', value: 'http://127.0.0.1:8080', description: 'the edge' }],
  };
  endpoint = createEndpoint(
    {
      operations: [
        queues.operations,
        createEvents({ buses: ['shop'], rules: [] }, context).operations,
        createLambda({ functions: [] }, context).operations,
        createBuckets(
          {
            buckets: [{ name: 'site', arn: 'arn:aws:s3:::site', domainNames: [], blocksPublic: true }],
            distributions: new Map(),
          },
          context,
          policies,
        ).operations,
        new SecretStore(model).operations,
        identityOperations(policies, context.environment),
        stackOperations(stacks, context.clock),
      ],
      policies,
      network: new Network({
        region: 'eu-west-1',
        functions: new Map(),
        subnets: new Map(),
        groups: new Map(),
        endpoints: [],
        prefixLists: new Map(),
      }),
      callers: new Map(),
    },
    context,
  );
  await endpoint.start();
});
afterAll(async () => {
  await endpoint.dispose();
  await queues.dispose();
  context.cleanUp();
});

/** Runs the AWS command line; the parsed output, or nothing. */
async function aws(...args: string[]): Promise<unknown> {
  const { accessKeyId, secretAccessKey } = context.keys.operator;
  const { stdout } = await run('aws', [...args, '--output', 'json', '--endpoint-url', context.environment.endpointUrl], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_MAX_ATTEMPTS: '1',
      AWS_PAGER: '',
    },
  });
  return stdout.trim() === '' ? undefined : JSON.parse(stdout);
}

(installed ? describe : describe.skip)('the AWS command line', () => {
  test.each<[string, () => string[], unknown]>([
    [
      'says who it is',
      () => ['sts', 'get-caller-identity'],
      { Account: '000000000000', Arn: expect.stringContaining('operator') },
    ],
    [
      'describes the stacks with their outputs',
      () => ['cloudformation', 'describe-stacks'],
      {
        Stacks: [
          { StackName: 'Shop', Outputs: [{ OutputKey: 'Url', OutputValue: 'http://127.0.0.1:8080', Description: 'the edge' }] },
        ],
      },
    ],
    [
      'lists the resources of a stack',
      () => ['cloudformation', 'list-stack-resources', '--stack-name', 'Shop'],
      { StackResourceSummaries: [{ LogicalResourceId: 'Q', PhysicalResourceId: expect.stringContaining('/Stack-Q') }] },
    ],
    ['lists the queues', () => ['sqs', 'list-queues'], { QueueUrls: [expect.stringContaining('/Stack-Q')] }],
    ['lists the buses', () => ['events', 'list-event-buses'], { EventBuses: [{ Name: 'default' }, { Name: 'shop' }] }],
    ['lists the rules of a bus', () => ['events', 'list-rules', '--event-bus-name', 'shop'], { Rules: [] }],
    ['lists the functions', () => ['lambda', 'list-functions'], { Functions: [] }],
    ['lists the secrets', () => ['secretsmanager', 'list-secrets'], { SecretList: [{ Name: 'Stack-S' }] }],
    ['reads a secret', () => ['secretsmanager', 'get-secret-value', '--secret-id', 'Stack-S'], { SecretString: 'the secret' }],
    [
      'sends a message',
      () => ['sqs', 'send-message', '--queue-url', queueUrl, '--message-body', 'hello'],
      { MessageId: expect.any(String) },
    ],
    [
      'receives it',
      () => ['sqs', 'receive-message', '--queue-url', queueUrl, '--max-number-of-messages', '5', '--attribute-names', 'All'],
      { Messages: [{ Body: 'hello', Attributes: { ApproximateReceiveCount: '1' } }] },
    ],
    [
      'counts messages',
      () => ['sqs', 'get-queue-attributes', '--queue-url', queueUrl, '--attribute-names', 'All'],
      { Attributes: { ApproximateNumberOfMessagesNotVisible: '1' } },
    ],
    ['lists the buckets', () => ['s3api', 'list-buckets'], { Buckets: [{ Name: 'site' }] }],
    [
      'deletes objects',
      () => ['s3api', 'delete-objects', '--bucket', 'site', '--delete', 'Objects=[{Key="a b"}]'],
      { Deleted: [{ Key: 'a b' }] },
    ],
  ])('%s', async (_, args, answer) => {
    expect(await aws(...args())).toMatchObject(answer as object);
  });

  test('copies a file into a bucket, and another out of it', async () => {
    const copy = path.join(context.environment.stateDir, 'copy');
    await aws('s3', 'cp', __filename, 's3://site/file', '--quiet');
    await aws('s3', 'cp', 's3://site/file', copy, '--quiet');
    expect(fs.readFileSync(copy)).toEqual(fs.readFileSync(__filename));
    expect(await aws('s3api', 'list-objects-v2', '--bucket', 'site')).toMatchObject({ Contents: [{ Key: 'file' }] });
  });
});

describe('a command line of before 2023 speaks Query to SQS', () => {
  /** What botocore 1.29 sends, as Debian 12 has it. */
  async function query(parameters: Record<string, string>): Promise<string> {
    const response = await signedFetch(queueUrl, {
      service: 'sqs',
      credentials: context.keys.operator,
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: new URLSearchParams({ Version: '2012-11-05', QueueUrl: queueUrl, ...parameters }).toString(),
    });
    return response.text();
  }

  test('sends, receives and deletes messages, with their attributes', async () => {
    await query({ Action: 'PurgeQueue' });
    const sent = await query({
      Action: 'SendMessage',
      MessageBody: 'a <message>',
      'MessageAttribute.1.Name': 'colour',
      'MessageAttribute.1.Value.DataType': 'String',
      'MessageAttribute.1.Value.StringValue': 'red',
    });
    expect(sent).toMatch(/<SendMessageResult><MessageId>[0-9a-f-]{36}<\/MessageId><MD5OfMessageBody>/);
    const received = await query({
      Action: 'ReceiveMessage',
      MaxNumberOfMessages: '10',
      WaitTimeSeconds: '0',
      'AttributeName.1': 'All',
      'MessageAttributeName.1': 'All',
    });
    expect(received).toContain('<ReceiveMessageResult><Message><MessageId>');
    expect(received).toContain('<Body>a &lt;message&gt;</Body>');
    expect(received).toContain('<Attribute><Name>ApproximateReceiveCount</Name><Value>1</Value></Attribute>');
    expect(received).toContain(
      '<MessageAttribute><Name>colour</Name><Value><DataType>String</DataType><StringValue>red</StringValue></Value></MessageAttribute>',
    );
    const handle = /<ReceiptHandle>([^<]+)</.exec(received)![1]!;
    const deleted = await query({
      Action: 'DeleteMessageBatch',
      'DeleteMessageBatchRequestEntry.1.Id': 'one',
      'DeleteMessageBatchRequestEntry.1.ReceiptHandle': handle,
    });
    expect(deleted).toContain('<DeleteMessageBatchResultEntry><Id>one</Id></DeleteMessageBatchResultEntry>');
    expect(queues.stats()['Stack-Q']).toMatchObject({ visible: 0, inFlight: 0 });
  });

  test('reads the attributes of a queue, and lists queues', async () => {
    const attributes = await query({ Action: 'GetQueueAttributes', 'AttributeName.1': 'VisibilityTimeout' });
    expect(attributes).toContain(
      '<GetQueueAttributesResult><Attribute><Name>VisibilityTimeout</Name><Value>30</Value></Attribute></GetQueueAttributesResult>',
    );
    expect(await query({ Action: 'ListQueues' })).toContain(
      `<ListQueuesResult><QueueUrl>${queueUrl}</QueueUrl></ListQueuesResult>`,
    );
  });

  test('gets the old code of an error', async () => {
    const answer = await query({ Action: 'GetQueueUrl', QueueName: 'none' });
    expect(answer).toContain('<Code>AWS.SimpleQueueService.NonExistentQueue</Code>');
  });
});
