import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';
import { type ConnectionRules, createLambda, type FunctionOptions, type Lambda } from '../../local/lambda';
import { productContext } from '../support/product-context';
import { waitFor } from '../support/wait-for';

const ARN = 'arn:aws:lambda:eu-west-1:000000000000:function:f';
const MISSING = 'no security group of the target lets TCP 5432 in from the function';
const OUTSIDE = 'subnet s has no route to a NAT gateway';
const TIMEOUT_MS = 300;

const context = productContext();
let accepted = 0;
const server = net.createServer((socket) => {
  accepted += 1;
  socket
    .on('error', () => undefined)
    .resume()
    .end('hello');
});
let port: number;
let lambda: Lambda | undefined;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as net.AddressInfo).port;
});
beforeEach(() => {
  accepted = 0;
  context.lines.length = 0;
});
afterEach(async () => {
  await lambda?.dispose();
  lambda = undefined;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  context.cleanUp();
});

/** The connections that were tried; the environment says so beside its answer, and may be heard later. */
const noted = () => waitFor('a connection', () => lambda!.connections().length > 0 && lambda!.connections());

/** Runs the body of an async function in an execution environment, and gives back what it returns. */
async function run(body: string, missing: string | undefined, elsewhere: ConnectionRules['elsewhere']['ports'] = []) {
  const folder = fs.mkdtempSync(path.join(context.environment.stateDir, 'code-'));
  const packages = ['pg', 'ioredis'].map((name) => `const ${name} = () => require(${JSON.stringify(require.resolve(name))});`);
  const code = `
    const net = require('node:net'), tls = require('node:tls'), http = require('node:http');
    ${packages.join('\n')}
    const port = ${port};
    const outcome = (socket) => new Promise((resolve) => {
      socket.on('data', (bytes) => resolve(String(bytes))).on('error', ({ code, message }) => resolve({ code, message }));
    });
    exports.handler = async () => { ${body} };`;
  fs.writeFileSync(path.join(folder, 'index.js'), code);
  const fn: FunctionOptions = {
    name: 'f',
    arn: ARN,
    qualifiers: [],
    handler: 'index.handler',
    runtime: 'nodejs24.x',
    folder,
    timeoutSeconds: 20,
    memoryMegabytes: 256,
    reservedConcurrency: undefined,
    variables: {},
    asynchronous: {
      maximumRetryAttempts: 0,
      maximumEventAgeSeconds: 60,
      deadLetterArn: undefined,
      onFailure: undefined,
      onSuccess: undefined,
    },
  };
  const rules: ConnectionRules = {
    targets: [{ name: 'postgres:S/Db', port, ...(missing !== undefined && { missing }) }],
    elsewhere: { ports: elsewhere, missing: OUTSIDE },
  };
  lambda = createLambda(
    { functions: [fn], connections: new Map([[ARN, rules]]), connectTimeoutMilliseconds: TIMEOUT_MS },
    context,
  );
  await lambda.start();
  const { payload, functionError } = await context.registry.functions.get(ARN)!.invoke({});
  return functionError ? { functionError: payload } : JSON.parse(payload);
}

describe('a connection that the network lets through', () => {
  test('is made, and on record', async () => {
    expect(await run('return outcome(net.connect(port, "127.0.0.1"))', undefined)).toBe('hello');
    expect(await noted()).toEqual([{ functionArn: ARN, target: 'postgres:S/Db' }]);
    expect(context.lines).toEqual([]);
  });

  test('is what the function itself listens on', async () => {
    const body = `
      const own = net.createServer((socket) => socket.end('own')).listen(0);
      await new Promise((resolve) => own.once('listening', resolve));
      const answer = await outcome(net.connect(own.address().port));
      own.close();
      return answer;`;
    expect(await run(body, MISSING)).toBe('own');
  });
});

describe('a connection that the network blocks', () => {
  test.each([
    ['net.connect(port)', 'net.connect(port)'],
    ['net.connect(port, host)', 'net.connect(port, "localhost")'],
    ['options', 'net.connect({ host: "127.0.0.1", port })'],
    ['a socket of its own', 'new net.Socket().connect(port, "127.0.0.1")'],
    ['TLS', 'tls.connect({ host: "localhost", port })'],
    ['HTTP', 'http.get({ host: "127.0.0.1", port })'],
  ])('times out by %s, and reaches nobody', async (_, expression) => {
    const { code, message } = await run(`return outcome(${expression})`, MISSING);
    expect({ code, accepted }).toEqual({ code: 'ETIMEDOUT', accepted: 0 });
    expect(message).toMatch(/^connect ETIMEDOUT (localhost|127\.0\.0\.1):\d+$/);
    expect(await noted()).toEqual([{ functionArn: ARN, target: 'postgres:S/Db', missing: MISSING }]);
    expect(context.lines).toEqual([
      `lambda: ${ARN} can't connect to postgres:S/Db: ${MISSING}; in AWS the connection hangs until it times out`,
    ]);
  });

  test('fails by fetch, and in a worker', async () => {
    const source = `require('node:net').connect(${'${port}'}).on('error', ({ code }) => require('node:worker_threads').parentPort.postMessage(code))`;
    const body = `
      const { Worker } = require('node:worker_threads');
      const worker = new Worker(\`${source}\`, { eval: true });
      const inWorker = await new Promise((resolve) => worker.once('message', resolve));
      await worker.terminate();
      return [await fetch('http://localhost:' + port).catch((error) => error.cause.code), inWorker];`;
    expect(await run(body, MISSING)).toEqual(['ETIMEDOUT', 'ETIMEDOUT']);
    expect(accepted).toBe(0);
  });

  test('lets a client give up by its own timeout, as clients of PostgreSQL and Redis do', async () => {
    const body = `
      const database = new (pg().Client)({ host: 'localhost', port, connectionTimeoutMillis: 50 });
      const fromDatabase = await database.connect().catch((error) => error.message);
      const cache = new (ioredis().Redis)({ host: 'localhost', port, connectTimeout: 50, lazyConnect: true, retryStrategy: null });
      const errors = [];
      cache.on('error', (error) => errors.push(error.message));
      await cache.connect().catch(() => undefined);
      return [fromDatabase, ...errors];`;
    expect(await run(body, MISSING)).toEqual([expect.stringMatching(/timeout/), 'connect ETIMEDOUT']);
    expect(accepted).toBe(0);
  });

  test('is also one to the internet, whose ports are let out one by one', async () => {
    // An address of documentation, which nobody has.
    const closed = 'return outcome(net.connect(443, "192.0.2.1"))';
    expect(await run(closed, undefined)).toMatchObject({ code: 'ETIMEDOUT' });
    expect(await noted()).toEqual([{ functionArn: ARN, target: '192.0.2.1:443', missing: OUTSIDE }]);
    await lambda!.dispose();
    const open = 'const socket = net.connect(443, "192.0.2.1").on("error", () => {}); socket.destroy(); return "tried"';
    expect(await run(open, undefined, [[443, 443]])).toBe('tried');
    expect(await noted()).toEqual([{ functionArn: ARN, target: '192.0.2.1:443' }]);
  });
});
