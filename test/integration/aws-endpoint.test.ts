import { gzipSync } from 'node:zlib';
import { APIGatewayClient, FlushStageCacheCommand } from '@aws-sdk/client-api-gateway';
import {
  CloudFrontClient,
  CreateInvalidationCommand,
  GetInvalidationCommand,
  ListInvalidationsCommand,
  NoSuchDistribution,
} from '@aws-sdk/client-cloudfront';
import { DescribeReplicationGroupsCommand, ElastiCacheClient, ReplicationGroupNotFoundFault } from '@aws-sdk/client-elasticache';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetSecretValueCommand, ResourceNotFoundException, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueUrlCommand, QueueDoesNotExist, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createEndpoint, type Endpoint, Network, Policies } from '../../local/aws';
import { accessKeyId, Keyring } from '../../local/identity';
import type { Caller, Credentials, ProductContext } from '../../local/types';
import { BATCH, INVALIDATION, inputs, NOW, operations } from '../support/answered-operations';
import { freePort } from '../support/free-port';
import { signedFetch } from '../support/signed-request';

const ACCOUNT = '123456789012';
const REGION = 'eu-central-1';
const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:caller`;
const ISOLATED = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:isolated`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/caller`;

const keys = new Keyring('a secret of this test alone');

let endpoint: Endpoint;
let url: string;
const lines: string[] = [];

beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const context: ProductContext = {
    environment: { account: ACCOUNT, region: REGION, endpointUrl: url, caFile: '', stateDir: '', port: () => port },
    keys,
    registry: { functions: new Map(), queues: new Map(), origins: new Map() },
    clock: {
      now: () => Date.now(),
      schedule: (milliseconds, callback) => {
        const timer = setTimeout(callback, milliseconds);
        return () => clearTimeout(timer);
      },
    },
    random: Math.random,
    log: (_product, message) => lines.push(message),
  };
  const role = { name: 'caller', identity: [] };
  const callers: [string, Caller][] = [FUNCTION, ISOLATED].map((functionArn) => [
    accessKeyId(functionArn),
    { functionArn, roleArn: ROLE },
  ]);
  endpoint = createEndpoint(
    {
      operations: [operations],
      policies: new Policies({ account: ACCOUNT, region: REGION, roles: new Map([[ROLE, role]]), resources: new Map() }),
      network: new Network({
        region: REGION,
        functions: new Map([[ISOLATED, { subnets: ['s'], securityGroups: [] }]]),
        subnets: new Map([['s', { vpc: 'v', cidr: '10.0.0.0/24', nat: false }]]),
        groups: new Map(),
        endpoints: [],
        prefixLists: new Map(),
      }),
      callers: new Map(callers),
      hangMilliseconds: 10,
    },
    context,
  );
  await endpoint.start();
});

afterAll(() => endpoint.dispose());

/** What a stock client gets from its environment. */
const as = (credentials: Credentials) => ({ endpoint: url, region: REGION, credentials, maxAttempts: 1 });
const operator = () => as(keys.operator);
const denied = () => as(keys.of(FUNCTION));

describe('a stock client', () => {
  test('puts events (JSON 1.1)', async () => {
    const entry = { Source: 's', DetailType: 't', Detail: '{"a":1}', EventBusName: 'bus', Time: NOW };
    const answer = await new EventBridgeClient(operator()).send(new PutEventsCommand({ Entries: [entry] }));
    expect(answer).toMatchObject({ FailedEntryCount: 0, Entries: [{ EventId: 'e' }] });
    expect(inputs.get('PutEvents')).toEqual({ Entries: [{ ...entry, Time: NOW.getTime() / 1000 }] });
  });

  test('reads a secret, and gets a typed exception where there is none', async () => {
    const client = new SecretsManagerClient(operator());
    const answer = await client.send(new GetSecretValueCommand({ SecretId: 'known' }));
    expect(answer.SecretString).toBe('{"password":"p"}');
    expect(answer.CreatedDate).toEqual(NOW);
    await expect(client.send(new GetSecretValueCommand({ SecretId: 'other' }))).rejects.toBeInstanceOf(ResourceNotFoundException);
  });

  test('sends to a queue by its URL (JSON 1.0, query compatible), and gets a typed exception', async () => {
    const client = new SQSClient(operator());
    const sent = await client.send(new SendMessageCommand({ QueueUrl: `${url}/${ACCOUNT}/queue`, MessageBody: 'hello' }));
    expect(sent.MessageId).toBe('m');
    const missing = client.send(new GetQueueUrlCommand({ QueueName: 'none' }));
    await expect(missing).rejects.toBeInstanceOf(QueueDoesNotExist);
  });

  test('describes a replication group (Query), and gets a typed exception', async () => {
    const client = new ElastiCacheClient(operator());
    const answer = await client.send(new DescribeReplicationGroupsCommand({ ReplicationGroupId: 'g' }));
    expect(answer.ReplicationGroups).toEqual([
      expect.objectContaining({
        ReplicationGroupId: 'g',
        MemberClusters: ['a-001', 'a-002'],
        ClusterEnabled: true,
        ConfigurationEndpoint: { Address: 'localhost', Port: 6379 },
        NodeGroups: [
          { NodeGroupId: '0001', Slots: '0-16383', NodeGroupMembers: [{ CacheClusterId: 'a-001' }, { CacheClusterId: 'a-002' }] },
        ],
      }),
    ]);
    const missing = client.send(new DescribeReplicationGroupsCommand({ ReplicationGroupId: 'none' }));
    await expect(missing).rejects.toBeInstanceOf(ReplicationGroupNotFoundFault);
  });

  test('invalidates, and follows the invalidation (REST-XML)', async () => {
    const client = new CloudFrontClient(operator());
    const created = await client.send(new CreateInvalidationCommand({ DistributionId: 'D1', InvalidationBatch: BATCH }));
    expect(created.Invalidation).toEqual(INVALIDATION);
    expect(created.Location).toBe('https://cloudfront/I1');
    expect(inputs.get('CreateInvalidation')).toEqual({ DistributionId: 'D1', InvalidationBatch: BATCH });

    const got = await client.send(new GetInvalidationCommand({ DistributionId: 'D1', Id: 'I1' }));
    expect(got.Invalidation?.InvalidationBatch?.Paths?.Items).toEqual(BATCH.Paths.Items);
    expect(inputs.get('GetInvalidation')).toEqual({ DistributionId: 'D1', Id: 'I1' });

    const listed = await client.send(new ListInvalidationsCommand({ DistributionId: 'D1', MaxItems: 5 }));
    expect(listed.InvalidationList?.Items).toEqual([{ Id: 'I1', CreateTime: NOW, Status: 'Completed' }]);
    expect(inputs.get('ListInvalidations')).toEqual({ DistributionId: 'D1', MaxItems: 5 });

    const missing = client.send(new CreateInvalidationCommand({ DistributionId: 'none', InvalidationBatch: BATCH }));
    await expect(missing).rejects.toBeInstanceOf(NoSuchDistribution);
  });

  test('flushes a stage (REST-JSON, 202)', async () => {
    const answer = await new APIGatewayClient(operator()).send(new FlushStageCacheCommand({ restApiId: 'api', stageName: 'v1' }));
    expect(answer.$metadata.httpStatusCode).toBe(202);
    expect(inputs.get('FlushStageCache')).toEqual({ restApiId: 'api', stageName: 'v1' });
  });
});

describe('a function without a grant', () => {
  const allowed = 'because no identity-based policy allows the';
  test.each([
    [
      'events',
      () => new EventBridgeClient(denied()).send(new PutEventsCommand({ Entries: [{}] })),
      'AccessDeniedException',
      400,
      `${allowed} events:PutEvents action`,
    ],
    [
      'secretsmanager',
      () => new SecretsManagerClient(denied()).send(new GetSecretValueCommand({ SecretId: 'known' })),
      'AccessDeniedException',
      400,
      `${allowed} secretsmanager:GetSecretValue action`,
    ],
    [
      'sqs',
      () => new SQSClient(denied()).send(new SendMessageCommand({ QueueUrl: `${url}/1/queue`, MessageBody: 'x' })),
      'AccessDenied',
      403,
      `${allowed} sqs:sendmessage action`,
    ],
    [
      'elasticache',
      () => new ElastiCacheClient(denied()).send(new DescribeReplicationGroupsCommand({})),
      'AccessDenied',
      403,
      `${allowed} elasticache:DescribeReplicationGroups action`,
    ],
    [
      'cloudfront',
      () =>
        new CloudFrontClient(denied()).send(new CreateInvalidationCommand({ DistributionId: 'D1', InvalidationBatch: BATCH })),
      'AccessDenied',
      403,
      `${allowed} cloudfront:CreateInvalidation action`,
    ],
    [
      'apigateway',
      () => new APIGatewayClient(denied()).send(new FlushStageCacheCommand({ restApiId: 'a', stageName: 's' })),
      'AccessDeniedException',
      403,
      `${allowed} apigateway:DELETE action`,
    ],
  ])('is denied by %s in its own way', async (service, call, name, status, message) => {
    const error = await call().then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ name, $metadata: { httpStatusCode: status } });
    expect(error.message).toContain(`User: arn:aws:sts::${ACCOUNT}:assumed-role/caller/caller is not authorized to perform`);
    expect(error.message).toContain(message);
    expect(endpoint.calls().at(-1)).toMatchObject({ functionArn: FUNCTION, service, allowed: false });
  });
});

test('an operation that is not run is named', async () => {
  const response = await signedFetch(url, {
    service: 'events',
    credentials: keys.operator,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'AWSEvents.PutRule' },
    body: '{}',
  });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    __type: 'UnknownOperationException',
    message: expect.stringContaining("'PutRule' of 'events'"),
  });
  expect(lines.at(-1)).toContain("operation 'PutRule' of 'events' is not run here; run are: PutEvents");
});

test('a body may be compressed', async () => {
  const response = await signedFetch(url, {
    service: 'events',
    credentials: keys.operator,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'content-encoding': 'gzip',
      'x-amz-target': 'AWSEvents.PutEvents',
    },
    body: gzipSync('{"Entries":[{"Source":"zipped"}]}'),
  });
  expect(response.status).toBe(200);
  expect(inputs.get('PutEvents')).toEqual({ Entries: [{ Source: 'zipped' }] });
});

test('a request without a signature is refused', async () => {
  const response = await fetch(url, { method: 'POST', headers: { 'x-amz-target': 'AWSEvents.PutEvents' }, body: '{}' });
  expect(response.status).toBe(403);
});

test('a key of a function that is not in the template is refused', async () => {
  const call = new EventBridgeClient(as(keys.of('arn:of:an:earlier:start'))).send(new PutEventsCommand({ Entries: [{}] }));
  await expect(call).rejects.toMatchObject({ name: 'UnrecognizedClientException' });
});

test('a function in a VPC without a way to the service gets no answer, and the log says what is missing', async () => {
  const call = new EventBridgeClient(as(keys.of(ISOLATED))).send(new PutEventsCommand({ Entries: [{}] }));
  await expect(call).rejects.toThrow('socket hang up');
  expect(lines.at(-1)).toContain(`${ISOLATED} can't reach 'events': the VPC has no endpoint 'com.amazonaws.${REGION}.events'`);
  expect(endpoint.calls().at(-1)).toMatchObject({ functionArn: ISOLATED, service: 'events', allowed: false });
});

describe('the response of a custom resource', () => {
  test('is handed over once', async () => {
    const bodies: string[] = [];
    endpoint.onCustomResourceResponse('token', (body) => bodies.push(body));
    const put = () => fetch(`${url}/_custom-resource/token`, { method: 'PUT', body: '{"Status":"SUCCESS"}' });
    expect((await put()).status).toBe(200);
    expect((await put()).status).toBe(404);
    expect(bodies).toEqual(['{"Status":"SUCCESS"}']);
  });

  test('goes to S3 over the network of the function', async () => {
    endpoint.onCustomResourceResponse('other', () => {}, ISOLATED);
    await expect(fetch(`${url}/_custom-resource/other`, { method: 'PUT', body: '{}' })).rejects.toThrow();
    expect(lines.at(-1)).toContain(`can't put its custom resource response to S3`);
  });
});

test('what a function used is counted by action and resource', async () => {
  expect(endpoint.used().get(FUNCTION)).toBeUndefined();
  expect(endpoint.calls().length).toBeGreaterThan(0);
});
