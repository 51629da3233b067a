import * as net from 'node:net';
import type { Random } from '../../bench/consistency/random';
import { createEndpoint, type Endpoint, Network, Policies } from '../../local/aws';
import { createEdge, type Edge } from '../../local/edge';
import type { Selection } from '../../local/edge/options';
import { createGateway, type Gateway } from '../../local/gateway';
import { behavior, cachePolicy, distribution, origin } from '../support/edge';
import { freePort } from '../support/free-port';
import { fuzz } from '../support/fuzz';
import { ManualClock } from '../support/manual-clock';
import { productContext } from '../support/product-context';
import { ask, parseAnswer, values } from '../support/raw-http';
import { method, restApi, stage } from '../support/rest-api';

/** Rounds of a run among all tests. */
const ROUNDS = 400;

const API_HOST = 'abc123def4.execute-api.eu-west-1.amazonaws.com';
const ALL: Selection = { behavior: 'all', names: new Set() };

/** Names that mean something to JavaScript, or to whoever takes text apart. */
const NAMES = [
  '__proto__',
  '__proto__.value',
  'constructor',
  'constructor.prototype',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__defineGetter__',
  'length',
  'x-lang',
  'page',
  '%ED%A0%80',
  '%F0%9F%92%A9',
  '%00',
  '%zz',
  '%',
  '',
  'a'.repeat(5000),
  'a'.repeat(65_536),
];

const VALUES = [
  ...NAMES,
  'IT',
  '1',
  '"',
  "'",
  '<b>',
  '{}',
  '[]',
  '1,2',
  'a;b',
  'a|b',
  '../..',
  '\\',
  'null',
  '\u00e9',
  'x'.repeat(9000),
];

/** Statuses that the edge and the gateway document for what a viewer sends. */
const DOCUMENTED = new Set([200, 400, 403, 404, 413]);

describe('whatever a viewer sends', () => {
  let edge: Edge;
  let gateway: Gateway;
  let endpoint: Endpoint;
  let endpointPort: number;
  let context: ReturnType<typeof productContext>;

  beforeAll(async () => {
    endpointPort = await freePort();
    // The others take any port.
    const port = (name: string) => (name === 'aws' ? endpointPort : 0);
    context = productContext({ clock: new ManualClock(), environment: { port } });
    context.registry.functions.set(method('/', 'GET').functionArn, {
      // Answers by what is in every key alone.
      invoke: async (event: { pathParameters: { id: string }; queryStringParameters: { page?: string } | null }) => ({
        payload: JSON.stringify({ statusCode: 200, body: `${event.pathParameters.id} ${event.queryStringParameters?.page}` }),
      }),
    } as never);
    const keyed = { cacheKeyParameters: ['method.request.path.id', 'method.request.querystring.page'] };
    const methods = ['GET', 'POST', 'OPTIONS'].map((name) => method('/things/{id}', name, keyed));
    methods.push(method('/signed/{id}', 'GET', { authorization: 'AWS_IAM' }));
    const cached = { cachingEnabled: true, cacheTtlSeconds: 60, throttlingRateLimit: undefined, throttlingBurstLimit: undefined };
    const live = stage({ methodSettings: [{ resourcePath: '/*', httpMethod: '*', ...cached }] });
    const access = {
      callers: new Map(),
      policies: {
        authorize: () => ({ allowed: true }),
        authorizeAnybody: () => ({ allowed: false }),
        authorizeResource: () => ({ allowed: true }),
      },
    };
    gateway = createGateway({ apis: [restApi(methods, { stages: [live] })] }, context, access);
    await gateway.start();
    const same = (type: string) => ({ name: type, code: `function handler(event) { return event.${type}; }` });
    const behaviors = [
      behavior({
        cachedMethods: ['GET', 'HEAD', 'OPTIONS'],
        cachePolicy: cachePolicy({
          queryStrings: ALL,
          cookies: ALL,
          headers: { behavior: 'listed', names: new Set(['x-lang']) },
        }),
        functions: { viewerRequest: same('request'), viewerResponse: same('response') },
      }),
    ];
    const origins = [origin({ domainName: API_HOST })];
    edge = createEdge({ distributions: [distribution({ origins, behaviors })] }, context, { port: 0 });
    await edge.start();
    const { account, region } = context.environment;
    const empty = { groups: new Map(), subnets: new Map(), functions: new Map(), prefixLists: new Map() };
    endpoint = createEndpoint(
      {
        operations: [],
        callers: new Map(),
        policies: new Policies({ account, region, roles: new Map(), resources: new Map() }),
        network: new Network({ region, endpoints: [], ...empty }),
      },
      context,
    );
    await endpoint.start();
  });

  afterAll(async () => {
    await endpoint.dispose();
    await edge.dispose();
    await gateway.dispose();
    context.cleanUp();
  });

  const edgePort = () => Number(new URL(edge.url).port);
  const gatewayPort = () => Number(new URL(gateway.url()).port);
  const targets = () => [
    { port: edgePort(), prefix: '' },
    { port: gatewayPort(), prefix: new URL(gateway.url()).pathname },
  ];

  async function expectHealth(): Promise<void> {
    for (const { port, prefix } of targets()) {
      expect(await ask(port, `${prefix}/things/7?page=8`)).toMatchObject({ status: 200, body: '7 8' });
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as { value?: unknown }).value).toBeUndefined();
  }

  test('in names and values, it is answered by what is in its key', async () => {
    const { choices, rounds } = fuzz(ROUNDS);
    for (let round = 0; round < rounds; round += 1) {
      const { port, prefix } = choices.pick(targets());
      const pair = () => `${choices.pick(NAMES)}=${choices.pick(VALUES)}`;
      const id = `${round}-${choices.chance(0.1) ? choices.pick(['constructor', '__proto__', '%41', 'a%2Fb']) : 'a'}`;
      const query = choices.chance(0.7) ? [`page=${round}`, ...(choices.chance(0.7) ? [pair(), pair()] : [])] : [];
      const lines: string[] = [];
      if (choices.chance(0.4)) lines.push(`Cookie: ${pair()}; ${pair()}`);
      if (choices.chance(0.4)) lines.push(`${choices.pick(NAMES).replace(/[^\w-]/g, '') || 'x'}: ${choices.pick(VALUES)}`);
      if (choices.chance(0.2)) lines.push(`X-Lang: ${choices.pick(VALUES)}`);
      const target = `${prefix}/things/${id}${query.length > 0 ? `?${query.join('&')}` : ''}`;
      const answer = await ask(port, target, lines);
      const request = JSON.stringify([target.slice(0, 300), ...lines.map((line) => line.slice(0, 300))]);
      expect([request, DOCUMENTED.has(answer.status) ? 'documented' : answer.status]).toEqual([request, 'documented']);
      if (answer.status === 200) expect([request, answer.body.startsWith(`${round}-`)]).toEqual([request, true]);
    }
    await expectHealth();
  });

  test('in a signature, it is that of nobody', async () => {
    const { choices, rounds } = fuzz(ROUNDS);
    const { port, prefix } = targets()[1] as { port: number; prefix: string };
    const part = () => choices.pick([...NAMES, 'LOCALOPERATOR0000000', '20260101', 'eu-west-1', 'execute-api', 'aws4_request']);
    for (let round = 0; round < rounds; round += 1) {
      const scope = Array.from({ length: choices.pick([1, 4, 5, 6]) }, part).join('/');
      const fields = [`Credential=${scope}`, `SignedHeaders=${part()};${part()}`, `Signature=${part()}`, `${part()}=${part()}`];
      const given = fields.filter(() => choices.chance(0.8)).join(choices.pick([', ', ',', ' ']));
      const scheme = choices.pick(['AWS4-HMAC-SHA256 ', 'AWS4-HMAC-SHA256 ', 'AWS4-HMAC-SHA256', 'Basic ', '']);
      const query = fields.map((field) => `X-Amz-${field}`).join('&');
      const inQuery = choices.chance(0.3);
      const lines = inQuery
        ? []
        : [`Authorization: ${scheme}${given}`, `X-Amz-Date: ${choices.pick(['20260101T000000Z', part()])}`];
      const target = `${prefix}/signed/7${inQuery ? `?X-Amz-Algorithm=AWS4-HMAC-SHA256&${query}` : ''}`;
      const answer = await ask(port, target, lines);
      const request = JSON.stringify([target.slice(0, 300), ...lines.map((line) => line.slice(0, 300))]);
      expect([request, [400, 403, 413].includes(answer.status) || answer.status]).toEqual([request, true]);
    }
    await expectHealth();
  });

  test('in lines and lengths, it ends, and nobody gets another’s answer', async () => {
    const { choices, rounds } = fuzz(ROUNDS);
    const requests = Array.from({ length: rounds }, (_, round) => {
      const { port, prefix } = choices.pick([...targets(), { port: endpointPort, prefix: '' }]);
      return { round, port, bytes: malformed(choices, `${prefix}/things/${round}-`) };
    });
    for (let start = 0; start < requests.length; start += 20) {
      const answers = await Promise.all(
        requests
          .slice(start, start + 20)
          .map(async ({ round, port, bytes }) => ({ round, bytes, text: await ended(port, bytes) })),
      );
      for (const { round, bytes, text } of answers) {
        const request = JSON.stringify(bytes.slice(0, 500));
        for (const answer of answersIn(text)) {
          expect([request, DOCUMENTED.has(answer.status) ? 'documented' : answer.status]).toEqual([request, 'documented']);
          // Nobody signs for the endpoint, so that it answers no request.
          if (answer.status === 200)
            expect([request, answer.body.startsWith(`${round}-`) || answer.body === '']).toEqual([request, true]);
        }
      }
    }
    await expectHealth();
  });
});

/** A request with faults, and a good one behind it on the same connection. */
function malformed(choices: Random, base: string): string {
  const verb = choices.pick(['GET', 'GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE', 'PUT', 'get', 'BREW', '']);
  const version = choices.pick([
    ' HTTP/1.1',
    ' HTTP/1.1',
    ' HTTP/1.1',
    ' HTTP/1.0',
    '',
    ' HTTP/0.9',
    ' HTTP/2.0',
    ' HTTP/1.2',
    ' FTP/1.1',
  ]);
  const target = choices.pick([
    `${base}a`,
    `${base}a`,
    `http://127.0.0.1${base}a`,
    `//${base}a`,
    `${base}%00`,
    '*',
    'a',
    `${base}a#b`,
    `${base}\u00e9`,
  ]);
  const body = choices.pick([
    '',
    '',
    'abc',
    `GET ${base}smuggled HTTP/1.1\r\nHost: x\r\n\r\n`,
    '5\r\nabcde\r\n0\r\n\r\n',
    'zz\r\n',
  ]);
  const lines = ['Host: 127.0.0.1'];
  const faults = [
    'Host: other.example',
    `Content-Length: ${body.length}`,
    `Content-Length: ${body.length}`,
    'Content-Length: 3',
    'Content-Length: +3',
    'Content-Length: 3, 3',
    'Content-Length: 99999999999999999999',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: Chunked',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: identity',
    'Transfer-Encoding : chunked',
    'X-Lang: a\r\n folded',
    'Connection: X-Lang, Host, Content-Length',
    'Connection: Upgrade\r\nUpgrade: h2c',
    'Expect: 100-continue',
    'Expect: tea',
    'Range: bytes=5-2',
    'no colon',
    ': no name',
    'X-Nul: a\0b',
    'X-Lf: a\nX-Lang: b',
    `X-Large: ${'x'.repeat(21_000)}`,
    'Cookie: __proto__=1\r\nCookie: constructor=2',
  ];
  for (let i = Math.floor(choices.between(0, 4)); i > 0; i -= 1) lines.push(choices.pick(faults));
  if (choices.chance(0.05)) lines.shift();
  const end = choices.chance(0.05) ? '\n\n' : '\r\n\r\n';
  const good = `GET ${base}good HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`;
  return `${verb} ${target}${version}\r\n${lines.join('\r\n')}${end}${body}${good}`;
}

/**
 * Sends bytes and reads until the connection ends. A server may wait for the rest of a request that isn't whole, for as long as
 * its client may still send it: then the client says that nothing more comes.
 */
function ended(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.write(bytes, 'latin1'));
    const finish = setTimeout(() => socket.end(), 500);
    const limit = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end within 20 s of ${JSON.stringify(bytes.slice(0, 500))}`));
    }, 20_000);
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => socket.end());
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(finish);
      clearTimeout(limit);
      resolve(Buffer.concat(chunks).toString('latin1'));
    });
  });
}

/** The answers that came over a connection, in their order. */
function answersIn(text: string) {
  const found = [];
  let rest = text;
  while (rest.startsWith('HTTP/1.1 ')) {
    const answer = parseAnswer(rest);
    const head = rest.length - answer.body.length;
    const length = answer.status === 100 ? 0 : Number(values(answer, 'content-length')[0] ?? 0);
    // An answer to HEAD has a length and no body; the next answer follows at once.
    const bodiless = answer.body.startsWith('HTTP/1.1 ');
    if (answer.status !== 100) found.push({ ...answer, body: bodiless ? '' : answer.body.slice(0, length) });
    rest = bodiless ? answer.body : rest.slice(head + length);
  }
  return found;
}
