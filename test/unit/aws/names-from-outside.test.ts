import * as net from 'node:net';
import { gzipSync } from 'node:zlib';
import {
  createEndpoint,
  type Endpoint,
  identityOperations,
  Network,
  Policies,
  SecretStore,
  stackOperations,
} from '../../../local/aws';
import { createBuckets } from '../../../local/buckets';
import { cloudfrontOperations } from '../../../local/edge/operations';
import { cacheOperations } from '../../../local/engines/operations';
import { createEvents } from '../../../local/events';
import { createGateway } from '../../../local/gateway';
import { seededRandom } from '../../../local/host/random';
import { createLambda } from '../../../local/lambda';
import { createQueues, queuesFromTemplate } from '../../../local/queues';
import type { Operations, Shape } from '../../../local/types';
import { expectNothingPolluted, NAMES_FROM_OUTSIDE } from '../../support/names-from-outside';
import { plainModel, productContext } from '../../support/product-context';
import { signedHeaders } from '../../support/signed-request';

/** Longest answer to anything. */
const LIMIT_MS = 20_000;
/** Random inputs of each operation. */
const ROUNDS = 12;

let port = 0;
const context = productContext({ environment: { port: () => port } });
const policies = new Policies({ account: '000000000000', region: 'eu-west-1', roles: new Map(), resources: new Map() });
const model = plainModel(
  {
    Q: { type: 'AWS::SQS::Queue', properties: { ReceiveMessageWaitTimeSeconds: 0 } },
    S: { type: 'AWS::SecretsManager::Secret', properties: { SecretString: 'text' } },
  },
  context.environment,
);
const STACKS = { ids: () => new Map([['Stack', 'arn:stack']]), resources: () => [], physicalId: () => '', outputs: () => [] };
const queues = createQueues(queuesFromTemplate(model), context);
const operations: Operations[] = [
  queues.operations,
  createEvents({ buses: ['bus'], rules: [] }, context).operations,
  createLambda({ functions: [] }, context).operations,
  createGateway({ apis: [] }, context, { callers: new Map(), policies }).operations,
  cacheOperations(() => [], context.environment),
  cloudfrontOperations(new Map(), (id) => `arn:aws:cloudfront::000000000000:distribution/${id}`),
  createBuckets(
    { buckets: [{ name: 'b', arn: 'arn:aws:s3:::b', domainNames: [], blocksPublic: true }], distributions: new Map() },
    context,
    policies,
  ).operations,
  new SecretStore(model).operations,
  identityOperations(policies, context.environment),
  stackOperations(STACKS, context.clock),
];

let endpoint: Endpoint;
let url: string;

beforeAll(async () => {
  port = await new Promise<number>((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as net.AddressInfo;
      server.close(() => resolve(free));
    });
  });
  url = `http://127.0.0.1:${port}`;
  const network = new Network({
    region: 'eu-west-1',
    functions: new Map(),
    subnets: new Map(),
    groups: new Map(),
    endpoints: [],
    prefixLists: new Map(),
  });
  endpoint = createEndpoint({ operations, policies, network, callers: new Map() }, context);
  await endpoint.start();
});
afterAll(async () => {
  await endpoint.dispose();
  await queues.dispose();
  context.cleanUp();
});

interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly service: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** The status of the answer to a signed request; fails where there is none in time. */
async function statusOf({ path = '/', method = 'POST', service, headers = {}, body = '' }: Sent): Promise<number> {
  const { host: _, ...signed } = await signedHeaders(`${url}${path}`, {
    method,
    service,
    credentials: context.keys.operator,
    headers,
    body,
  });
  const response = await fetch(`${url}${path}`, {
    method,
    headers: signed,
    ...(method !== 'GET' && { body }),
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Fails where the platform's own code failed: 500 is what nobody has written an answer for. */
async function expectHandled(request: Sent): Promise<void> {
  const status = await statusOf(request);
  const failed = context.lines.filter((line) => line.includes(' failed: '));
  expect({ failed, status: status >= 500 ? status : 'handled' }).toEqual({ failed: [], status: 'handled' });
}

const random = seededRandom(11);
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;

/** Values that a call needs to get as far as to what it names. */
const KNOWN: Readonly<Record<string, () => unknown>> = {
  QueueUrl: () => `${url}/000000000000/Stack-Q`,
  QueueName: () => 'Stack-Q',
  SecretId: () => 'Stack-S',
  EventBusName: () => 'bus',
  Event: () => '{"detail":{"__proto__":1,"constructor":["a"]}}',
  WaitTimeSeconds: () => 0,
  VersionStage: () => 'AWSCURRENT',
};

/** Probability that a value has another type than it should have; half of the inputs have none of these. */
let wrong = 0;

/** A value for a shape, with names from outside wherever a client gives one. */
function valueFor(shape: Shape, depth = 0, name = ''): unknown {
  const known = Object.hasOwn(KNOWN, name) ? KNOWN[name] : undefined;
  if (known && random() < 0.8) return known();
  if (random() < wrong) return pick([null, true, 0, -1, 1.5, 1e308, [], {}, [[]], '', pick(NAMES_FROM_OUTSIDE)]);
  if (typeof shape === 'object' && depth < 5) {
    if ('structure' in shape) return objectFor(shape.structure, depth);
    if ('list' in shape) return Array.from({ length: Math.floor(random() * 3) }, () => valueFor(shape.list, depth + 1));
    return JSON.parse(`{${JSON.stringify(pick(NAMES_FROM_OUTSIDE))}:${JSON.stringify(valueFor(shape.map, depth + 1) ?? null)}}`);
  }
  if (shape === 'number' || shape === 'time') return pick([0, 1, 10, -1, 1e15, 1.5]);
  if (shape === 'flag') return pick([true, false]);
  return pick([
    ...NAMES_FROM_OUTSIDE,
    'bus',
    'text',
    '{"a":1}',
    '{"__proto__":{"polluted":1}}',
    '{"detail":{"a":["b"]}}',
    `${url}/000000000000/Stack-Q`,
    `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
    '['.repeat(100_000),
  ]);
}

function objectFor(members: Readonly<Record<string, Shape>>, depth: number): unknown {
  const given = Object.entries(members).filter(() => random() < 0.9);
  const text = given.map(
    ([name, shape]) => `${JSON.stringify(name)}:${JSON.stringify(valueFor(shape, depth + 1, name) ?? null)}`,
  );
  // As text, so that a name like __proto__ is a member.
  if (random() < 0.3) text.push(`${JSON.stringify(pick(NAMES_FROM_OUTSIDE))}:{"polluted":true}`);
  return JSON.parse(`{${text.join(',')}}`);
}

/** A form of the Query protocol from an input. */
function formOf(operation: string, input: unknown): string {
  const form = new URLSearchParams({ Action: operation });
  const add = (prefix: string, value: unknown): void => {
    if (typeof value === 'object' && value !== null) {
      const from = Array.isArray(value) ? 1 : 0;
      for (const [name, item] of Object.entries(value)) add(`${prefix}.${from ? Number(name) + from : name}`, item);
    } else form.append(prefix, String(value));
  };
  for (const [name, value] of Object.entries(input as object)) add(name, value);
  return form.toString();
}

const JSON_HEADERS = (target: string) => ({ 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target });
const FORM_HEADERS = { 'content-type': 'application/x-www-form-urlencoded' };

/** Title of a test. */
const short = (text: string): string => JSON.stringify(text).slice(0, 60);

const all = operations.flatMap((table) =>
  Object.entries(table).flatMap(([service, byName]) =>
    Object.entries(byName).map(([name, operation]) => [service, name, operation] as const),
  ),
);

describe('no name from outside makes the endpoint fail', () => {
  test.each(all)('%s.%s, as JSON and as a form', async (service, name, { input }) => {
    for (let round = 0; round < ROUNDS; round++) {
      wrong = round % 2 === 0 ? 0 : 0.15;
      const body = objectFor(input, 0);
      await expectHandled({ service, headers: JSON_HEADERS(`X.${name}`), body: JSON.stringify(body) });
      await expectHandled({ service, headers: FORM_HEADERS, body: formOf(name, body) });
    }
    expectNothingPolluted();
  });

  test.each(
    NAMES_FROM_OUTSIDE.map((name) => [short(name), name]),
  )('%s as operation, service, label and query', async (_, name) => {
    const encoded = encodeURIComponent(Buffer.from(name).toString()).slice(0, 8000);
    const ascii = encoded.slice(0, 2000);
    await expectHandled({ service: 'events', headers: JSON_HEADERS(`AWSEvents.${ascii}`), body: '{}' });
    await expectHandled({ service: 'sqs', headers: FORM_HEADERS, body: new URLSearchParams({ Action: name }).toString() });
    await expectHandled({ service: ascii.replace(/[/,\s]/g, '') || 'x', headers: JSON_HEADERS('X.Y'), body: '{}' });
    await expectHandled({
      service: 'sqs',
      headers: FORM_HEADERS,
      body: `Action=ReceiveMessage&${encoded}.roleArn=x&${encoded}=y`,
    });
    await expectHandled({ service: 'lambda', path: `/2015-03-31/functions/${encoded}/invocations`, body: '{}' });
    await expectHandled({ service: 'apigateway', method: 'PATCH', path: `/restapis/${encoded}/stages/${encoded}`, body: '{}' });
    await expectHandled({ service: 'cloudfront', method: 'GET', path: `/2020-05-31/distribution/D/invalidation?${encoded}=1` });
    await expectHandled({
      service: 'cloudfront',
      path: '/2020-05-31/distribution/D/invalidation',
      body: `<InvalidationBatch><${ascii || 'a'}>x</${ascii || 'a'}></InvalidationBatch>`,
    });
    expectNothingPolluted();
  });

  test.each<[string, string | Buffer, Record<string, string>]>([
    ['null', 'null', {}],
    ['a list', '[1]', {}],
    ['text', '"text"', {}],
    ['no JSON', '{', {}],
    ['deep JSON', '['.repeat(500_000), {}],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0]), {}],
    ['bytes that are not gzip', 'text', { 'content-encoding': 'gzip' }],
    ['gzip that ends early', gzipSync('{"Entries":[]}').subarray(0, 20), { 'content-encoding': 'gzip' }],
    ['gzip of more than is read', gzipSync(Buffer.alloc(20 * 1024 * 1024)), { 'content-encoding': 'gzip' }],
  ])('a body that is %s', async (_, body, headers) => {
    for (const [service, target] of [
      ['events', 'AWSEvents.PutEvents'],
      ['sqs', 'AmazonSQS.SendMessage'],
      ['secretsmanager', 'secretsmanager.GetSecretValue'],
    ] as const) {
      await expectHandled({ service, headers: { ...JSON_HEADERS(target), ...headers }, body });
    }
    await expectHandled({ service: 'apigateway', method: 'PATCH', path: '/restapis/a/stages/b', headers, body });
  });
});

describe('no malformed HTTP ends the endpoint', () => {
  const HOST = 'Host: 127.0.0.1\r\n';
  test.each(
    [
      ['GET // HTTP/1.1\r\n', HOST],
      ['GET //// HTTP/1.1\r\n', HOST],
      ['GET http:// HTTP/1.1\r\n', HOST],
      ['GET http://[ HTTP/1.1\r\n', HOST],
      ['GET http://127.0.0.1/a?b HTTP/1.1\r\n', HOST],
      ['GET * HTTP/1.1\r\n', HOST],
      ['OPTIONS * HTTP/1.1\r\n', HOST],
      ['CONNECT a:1 HTTP/1.1\r\n', HOST],
      ['GET /%zz/%c0%af HTTP/1.1\r\n', HOST],
      ['GET /?%zz=%zz&&&=&X-Amz-Credential=%zz/// HTTP/1.1\r\n', HOST],
      ['GET /../../../etc/passwd HTTP/1.1\r\n', HOST],
      ['GET /\\\\evil HTTP/1.1\r\n', HOST],
      ['GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a/b/c/constructor/aws4_request HTTP/1.1\r\n', HOST],
      ['GET / HTTP/1.1\r\n', ''],
      ['GET / HTTP/1.1\r\n', `${HOST}${HOST}`],
      ['GET / HTTP/1.1\r\n', 'Host: \r\n'],
      ['GET / HTTP/1.0\r\n', ''],
      ['GET / HTTP/9.9\r\n', HOST],
      ['GET /\r\n', ''],
      ['BREW / HTTP/1.1\r\n', HOST],
      ['GET / HTTP/1.1\r\n', `${HOST}No colon\r\n`],
      ['GET / HTTP/1.1\r\n', `${HOST}Upgrade: websocket\r\nConnection: Upgrade\r\n`],
      ['POST / HTTP/1.1\r\n', `${HOST}Expect: 100-continue\r\nContent-Length: 1\r\n`],
      ['POST / HTTP/1.1\r\n', `${HOST}Expect: nonsense\r\n`],
      ['POST / HTTP/1.1\r\n', `${HOST}Content-Length: -1\r\n`],
      ['POST / HTTP/1.1\r\n', `${HOST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n`],
      ['POST / HTTP/1.1\r\n', `${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
      ['POST / HTTP/1.1\r\n', `${HOST}Content-Length: 99999999\r\n\r\nshort`],
      ['GET / HTTP/1.1\r\n', `${HOST}X: ${'x'.repeat(20_000)}\r\n`],
      [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\n`, HOST],
      ['PUT /_custom-resource/ HTTP/1.1\r\n', `${HOST}Content-Length: 0\r\n`],
      ['PUT /_custom-resource/__proto__ HTTP/1.1\r\n', `${HOST}Content-Length: 0\r\n`],
      ['GET / HTTP/1.1\r\n', `${HOST}X-Amz-Target: __proto__\r\nContent-Type: application/x-www-form-urlencoded\r\n`],
      ['\0\0\0\0', ''],
      ['\x16\x03\x01\x02\x00\x01\x00\x01', ''],
    ].map(([line, headers]) => [short(`${line}${headers}`), line, headers]),
  )('%s', async (_, line, headers) => {
    const answer = await new Promise<string>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => socket.end(`${line}${headers}\r\n`));
      let text = '';
      socket
        .setTimeout(LIMIT_MS, () => resolve('no answer in time'))
        .on('data', (chunk) => {
          text += chunk;
        });
      socket.on('error', () => resolve(text)).on('close', () => resolve(text));
    });
    expect(answer).not.toMatch(/^HTTP\/1\.1 5|no answer in time/);
    expect((await fetch(url, { method: 'POST' })).status).toBe(403);
  });

  test('a client that leaves in the middle of a request or of a long poll', async () => {
    for (const half of ['POST / HTTP/1.1\r\nHo', `POST / HTTP/1.1\r\n${HOST}Content-Length: 100\r\n\r\nhalf`]) {
      await new Promise<void>((resolve) => {
        const socket = net.connect(port, '127.0.0.1', () => socket.write(half, () => socket.resetAndDestroy()));
        socket.on('error', () => undefined).on('close', () => resolve());
      });
    }
    const gone = new AbortController();
    const body = JSON.stringify({ QueueUrl: `${url}/000000000000/Stack-Q`, WaitTimeSeconds: 20 });
    const headers = await signedHeaders(url, {
      service: 'sqs',
      credentials: context.keys.operator,
      headers: JSON_HEADERS('AmazonSQS.ReceiveMessage'),
      body,
    });
    const { host: _, ...sent } = headers;
    const poll = fetch(url, { method: 'POST', headers: sent, body, signal: gone.signal });
    await fetch(url, { method: 'POST' });
    gone.abort();
    await expect(poll).rejects.toThrow();
    expect((await fetch(url, { method: 'POST' })).status).toBe(403);
  });
});

test("a page of another site can't call it, with or without a signature", async () => {
  const status = await statusOf({
    service: 'sqs',
    headers: { ...FORM_HEADERS, origin: 'https://attacker.example' },
    body: 'Action=ListQueues',
  });
  expect(status).toBe(403);
});

test("nobody gets a secret without the operator's secret access key", async () => {
  const other = { accessKeyId: context.keys.operator.accessKeyId, secretAccessKey: 'guessed' };
  for (const credentials of [other, { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'any' }]) {
    const body = JSON.stringify({ SecretId: 'Stack-S' });
    const { host: _, ...headers } = await signedHeaders(url, {
      service: 'secretsmanager',
      credentials,
      headers: JSON_HEADERS('secretsmanager.GetSecretValue'),
      body,
    });
    const response = await fetch(url, { method: 'POST', headers, body });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ __type: expect.stringMatching(/^(SignatureDoesNotMatch|UnrecognizedClient)/) });
  }
});
