import * as fs from 'node:fs';
import * as path from 'node:path';
import { createLambda, type FunctionOptions, type Lambda, type LambdaOptions } from '../../local/lambda';
import { productContext, until } from '../support/product-context';

const context = productContext();
const REGION_ARN = 'arn:aws:lambda:eu-west-1:000000000000:function';

/** Writes a handler folder. */
function fn(name: string, code: string, rest: Partial<FunctionOptions> = {}, file = 'index.js'): FunctionOptions {
  const folder = path.join(context.environment.stateDir, 'code', name);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, file), code);
  return {
    name,
    arn: `${REGION_ARN}:${name}`,
    qualifiers: ['$LATEST', 'live'],
    handler: 'index.handler',
    runtime: 'nodejs24.x',
    folder,
    timeoutSeconds: 10,
    memoryMegabytes: 128,
    reservedConcurrency: undefined,
    variables: {},
    asynchronous: {
      maximumRetryAttempts: 2,
      maximumEventAgeSeconds: 60,
      deadLetterArn: undefined,
      onFailure: undefined,
      onSuccess: undefined,
    },
    ...rest,
  };
}

let lambda: Lambda | undefined;

async function run(functions: FunctionOptions[], options: Partial<LambdaOptions> = {}, on = context): Promise<Lambda> {
  lambda = createLambda({ functions, ...options }, on);
  await lambda.start();
  return lambda;
}

// biome-ignore lint/suspicious/noExplicitAny: each function answers in a shape of its own
async function invoke(name: string, event: unknown = {}): Promise<{ value: any; functionError?: string }> {
  const { payload, functionError } = await context.registry.functions.get(`${REGION_ARN}:${name}`)!.invoke(event);
  return { value: JSON.parse(payload), functionError };
}

/** A file that functions wait for, by `event.gate` in their handler or `GATE` while they initialise. */
const gate = (name: string) => path.join(context.environment.stateDir, name);
const open = (name: string) => fs.writeFileSync(gate(name), '');

const COUNTER = `
  const { existsSync } = require('node:fs');
  const loadedAt = process.hrtime.bigint().toString();
  let count = 0;
  exports.handler = async (event) => {
    count += 1;
    while (event.gate && !existsSync(event.gate)) await new Promise((resolve) => setTimeout(resolve, 5));
    if (event.wait) await new Promise((resolve) => setTimeout(resolve, event.wait));
    return { pid: process.pid, count, loadedAt };
  };
`;

afterEach(async () => {
  await lambda?.dispose();
  lambda = undefined;
});

afterAll(() => context.cleanUp());

test('initialises once and keeps what the module holds for the next invocation', async () => {
  const running = await run([fn('counter', COUNTER)]);
  const first = await invoke('counter');
  const second = await invoke('counter');
  expect(second.value).toEqual({ ...first.value, count: 2 });
  expect(running.environments()).toEqual([
    { pid: first.value.pid, functionArn: `${REGION_ARN}:counter`, state: 'idle', invocations: 2 },
  ]);
});

test('gives each concurrent invocation an environment of its own, and uses the last one first', async () => {
  const running = await run([fn('counter', COUNTER)]);
  const names = ['first', 'second', 'third'];
  const invocations = names.map((name) => invoke('counter', { gate: gate(name) }));
  await until(() => running.environments().filter(({ state }) => state === 'busy').length === 3, 'all run');
  const pids: number[] = [];
  for (const [index, name] of names.entries()) {
    open(name);
    pids.push((await invocations[index]!).value.pid);
  }
  expect(new Set(pids).size).toBe(3);
  const next = await invoke('counter');
  expect(next.value).toMatchObject({ pid: pids[2], count: 2 });
  expect(running.environments().map(({ state }) => state)).toEqual(['idle', 'idle', 'idle']);
});

/** Initialises when its gate is open. The first environment finds it so. */
const GATED = `
  const { existsSync } = require('node:fs');
  while (!existsSync(process.env.GATE)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  ${COUNTER.replace("const { existsSync } = require('node:fs');", '')}
`;

test('an invocation that waits for a start takes an environment that is free before', async () => {
  open('warm');
  const running = await run([fn('gated', GATED, { variables: { GATE: gate('warm') } })]);
  const first = invoke('gated', { gate: gate('first-ends') });
  await until(() => running.environments()[0]?.state === 'busy', 'the first runs');
  fs.rmSync(gate('warm'));
  const second = invoke('gated');
  await until(() => running.environments().length === 2, 'a start was asked for');
  open('first-ends');
  expect((await second).value).toMatchObject({ pid: (await first).value.pid, count: 2 });
  expect(running.environments().map(({ state }) => state)).toEqual(['idle', 'starting']);
  open('warm');
  await until(() => running.environments().every(({ state }) => state === 'idle'), 'the other waits for work');
  const pids = (await Promise.all([invoke('gated'), invoke('gated')])).map(({ value }) => value.pid);
  expect(new Set(pids)).toEqual(new Set(running.environments().map(({ pid }) => pid)));
});

test('a burst waits for environments that become free, and starts none of its own', async () => {
  const running = await run([fn('counter', COUNTER)]);
  await invoke('counter');
  await Promise.all(Array.from({ length: 12 }, () => invoke('counter')));
  expect(running.environments().length).toBeLessThan(6);
});

test('starts so many environments at once, and a start that fails is the outcome of who waited for it', async () => {
  const failing = `${GATED}; throw new TypeError('no start');`;
  const functions = ['gated', 'other'].map((name) => fn(name, failing, { variables: { GATE: gate(`open-${name}`) } }));
  const running = await run(functions, { startsAtOnce: 1 });
  const invocations = [invoke('gated'), invoke('gated'), invoke('other')];
  await until(() => running.environments().length === 1, 'the first start');
  open('open-other');
  expect(running.environments('other')).toEqual([]);
  open('open-gated');
  for (const { functionError, value } of await Promise.all(invocations)) {
    expect({ functionError, message: value.errorMessage }).toEqual({ functionError: 'Unhandled', message: 'no start' });
  }
});

test('loads ES modules and handlers with a callback', async () => {
  await run([
    fn('esm', `export const handler = async () => import.meta.url;`, {}, 'index.mjs'),
    fn('callback', `exports.handler = (event, context, callback) => { setTimeout(() => callback(null, 'called back'), 5); };`),
    fn(
      'hasty',
      `exports.handler = (event, context, callback) => {
      context.callbackWaitsForEmptyEventLoop = false;
      setInterval(() => {}, 1000);
      callback(null, 'at once');
    };`,
    ),
    fn('silent', `exports.handler = () => {};`),
  ]);
  expect((await invoke('esm')).value).toMatch(/index\.mjs$/);
  expect((await invoke('callback')).value).toBe('called back');
  expect((await invoke('hasty')).value).toBe('at once');
  expect((await invoke('silent')).value).toBeNull();
  expect((await invoke('callback')).value).toBe('called back');
});

test('tells the function what Lambda tells it', async () => {
  await run([
    fn(
      'telling',
      `exports.handler = async (event, context) => ({
        event, env: process.env, cwd: process.cwd(), args: process.execArgv,
        context: { ...context, remaining: context.getRemainingTimeInMillis() },
      });`,
      {
        variables: { TABLE: 'things', NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' },
        memoryMegabytes: 256,
        timeoutSeconds: 5,
      },
    ),
  ]);
  const { value } = await invoke('telling:live', { a: 1 });
  expect(value.event).toEqual({ a: 1 });
  expect(value.cwd).toBe(fs.realpathSync(value.env.LAMBDA_TASK_ROOT));
  expect(value.args).toContain('--max-old-space-size=230');
  expect(value.env).toMatchObject({
    TABLE: 'things',
    NODE_EXTRA_CA_CERTS: context.environment.caFile,
    AWS_ENDPOINT_URL: context.environment.endpointUrl,
    AWS_REGION: 'eu-west-1',
    AWS_LAMBDA_FUNCTION_NAME: 'telling',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    _HANDLER: 'index.handler',
    TZ: ':UTC',
  });
  expect(value.env.AWS_ACCESS_KEY_ID).toMatch(/^LOCAL[0-9A-F]{15}$/);
  expect(value.env).not.toHaveProperty('HOME');
  expect(value.context).toMatchObject({
    functionName: 'telling',
    functionVersion: '$LATEST',
    invokedFunctionArn: `${REGION_ARN}:telling:live`,
    memoryLimitInMB: '256',
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    logGroupName: '/aws/lambda/telling',
  });
  expect(value.context.remaining).toBeGreaterThan(3000);
  expect(value.context.remaining).toBeLessThanOrEqual(5000);
});

test('ends the environment at the timeout and starts a new one for the next invocation', async () => {
  const running = await run([
    fn('slow', `exports.handler = async ({ hang }) => { while (hang); return process.pid; };`, { timeoutSeconds: 1 }),
  ]);
  const { value: pid } = await invoke('slow');
  const { value, functionError } = await invoke('slow', { hang: true });
  expect(functionError).toBe('Unhandled');
  expect(value).toEqual({
    errorType: 'Sandbox.Timedout',
    errorMessage: expect.stringMatching(/^\d{4}-\d\d-\d\dT\S+Z [0-9a-f-]{36} Task timed out after 1\.00 seconds$/),
  });
  await until(() => running.environments().length === 0, 'the process is gone');
  expect((await invoke('slow')).value).not.toBe(pid);
});

test('reports what the handler throws, and keeps the environment', async () => {
  const running = await run([fn('throwing', `exports.handler = async () => { throw new TypeError('no such thing'); };`)]);
  const { value, functionError } = await invoke('throwing');
  expect(functionError).toBe('Unhandled');
  expect(value).toMatchObject({ errorType: 'TypeError', errorMessage: 'no such thing', trace: expect.any(Array) });
  await invoke('throwing');
  expect(running.environments()).toHaveLength(1);
});

test('reports a process that ended, and starts another', async () => {
  const lambda = await run([
    fn(
      'dying',
      `exports.handler = async ({ exit, crash, hang }) => {
      if (exit !== undefined) process.exit(exit);
      if (crash) setTimeout(() => { throw new Error('nobody caught this'); }, 1);
      if (crash || hang) await new Promise((resolve) => setTimeout(resolve, 5000));
      return process.pid;
    };`,
    ),
  ]);
  const exit = await invoke('dying', { exit: 3 });
  expect(exit.functionError).toBe('Unhandled');
  expect(exit.value.errorType).toBe('Runtime.ExitError');
  expect(exit.value.errorMessage).toMatch(/^RequestId: \S+ Error: Runtime exited with error: exit status 3$/);
  expect((await invoke('dying', { crash: true })).value).toMatchObject({
    errorType: 'Error',
    errorMessage: 'nobody caught this',
  });
  await until(() => lambda.environments().length === 0, 'the crashed process is gone');
  const hanging = invoke('dying', { hang: true });
  await until(() => lambda.environments().some(({ state }) => state === 'busy'), 'it runs');
  expect(lambda.kill('dying')).toBe(1);
  expect((await hanging).value.errorMessage).toMatch(/Runtime exited with error: signal: killed$/);
  expect((await invoke('dying')).functionError).toBeUndefined();
});

test('runs the next invocation elsewhere when an environment dies between two', async () => {
  const lambda = await run([fn('counter', COUNTER)]);
  const first = await invoke('counter');
  lambda.kill('counter');
  await until(() => lambda.environments().length === 0, 'the dead environment is gone');
  const second = await invoke('counter');
  expect(second.functionError).toBeUndefined();
  expect(second.value.pid).not.toBe(first.value.pid);
});

test.each([
  ['the handler module is missing', 'other.handler', 'Runtime.ImportModuleError', "Cannot find module 'other'"],
  ['the export is missing', 'index.other', 'Runtime.HandlerNotFound', 'index.other is undefined or not exported'],
])('reports that %s', async (_, handler, errorType, errorMessage) => {
  await run([fn('misnamed', COUNTER, { handler })]);
  const { value, functionError } = await invoke('misnamed');
  expect(functionError).toBe('Unhandled');
  expect(value).toMatchObject({ errorType, errorMessage });
});

test('refuses an answer over 6 MB', async () => {
  await run([fn('large', `exports.handler = async ({ size }) => 'x'.repeat(size);`)]);
  expect((await invoke('large', { size: 6_291_000 })).functionError).toBeUndefined();
  expect((await invoke('large', { size: 6_300_000 })).value).toEqual({
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
  });
});

test('throttles beyond the reserved concurrency, and keeps that share from other functions', async () => {
  await run([fn('reserved', COUNTER, { reservedConcurrency: 1 }), fn('other', COUNTER)], { accountConcurrency: 2 });
  const running = [invoke('reserved', { wait: 300 }), invoke('other', { wait: 300 })];
  const throttle = { code: 'TooManyRequestsException', statusCode: 429, message: 'Rate Exceeded.' };
  await expect(invoke('reserved')).rejects.toMatchObject(throttle);
  await expect(invoke('other')).rejects.toMatchObject(throttle);
  await Promise.all(running);
  expect((await invoke('reserved')).value.count).toBe(2);
});

test('fails to start when reservations leave nothing to a function without one', () => {
  const functions = [fn('reserved', COUNTER, { reservedConcurrency: 16 }), fn('other', COUNTER)];
  expect(() => createLambda({ functions }, context)).toThrow(
    /'accountConcurrency' must be larger than .*\(16\), got: 16; .*'other'/,
  );
});

test('throttles a stopped function until it is resumed', async () => {
  const lambda = await run([fn('counter', COUNTER)]);
  lambda.stop('counter');
  await expect(invoke('counter')).rejects.toMatchObject({ statusCode: 429 });
  lambda.resume(`${REGION_ARN}:counter`);
  expect((await invoke('counter')).value.count).toBe(1);
  expect(() => lambda.stop('unknown')).toThrow('Function not found: unknown');
});

test('ends idle environments on request, and after the idle time', async () => {
  const lambda = await run([fn('counter', COUNTER)], { idleMilliseconds: 50 });
  const { value } = await invoke('counter');
  await lambda.retire('counter');
  expect(lambda.environments()).toEqual([]);
  const next = await invoke('counter');
  expect(next.value).toMatchObject({ count: 1 });
  expect(next.value.pid).not.toBe(value.pid);
  await until(() => lambda.environments().length === 0, 'the idle environment is gone');
});

const TICKING = `
  let ticks = 0;
  setInterval(() => { ticks += 1; }, 5);
  exports.handler = async () => { const seen = ticks; ticks = 0; return { pid: process.pid, seen }; };
`;
const isStopped = (pid: number) => fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.startsWith('T');

(process.platform === 'linux' ? test : test.skip)('freezes an environment between invocations', async () => {
  await run([fn('ticking', TICKING)]);
  const { value } = await invoke('ticking');
  await until(() => isStopped(value.pid) === true, 'the process is stopped');
  const frozenAt = Date.now();
  await until(() => Date.now() - frozenAt > 500, 'time goes by');
  // At most the ticks around the moment of the freeze and the thaw, which take their time on a slow machine: 100 would have fit.
  expect((await invoke('ticking')).value.seen).toBeLessThan(50);
});

(process.platform === 'linux' ? test : test.skip)('leaves environments running with freeze off', async () => {
  await run([fn('ticking', TICKING)], { freeze: false });
  const { value } = await invoke('ticking');
  const answeredAt = Date.now();
  await until(() => Date.now() - answeredAt > 200, 'time goes by');
  expect(isStopped(value.pid)).toBe(false);
  expect((await invoke('ticking')).value.seen).toBeGreaterThan(10);
});

test('writes what functions print to a file per function, in the text format of Lambda', async () => {
  await run([fn('printing', `console.log('loading'); exports.handler = async () => { console.warn('odd %d', 1); return 1; };`)]);
  await invoke('printing');
  const log = fs.readFileSync(path.join(context.environment.stateDir, 'logs', 'printing.log'), 'utf8');
  expect(log).toMatch(
    /^\S+Z\tundefined\tINFO\tloading\n\S+Z\t[0-9a-f-]{36}\tWARN\todd 1\nREPORT RequestId: \S+\tDuration: \d+ ms\n$/,
  );
});

test('leaves no process, and nothing in the registry, when disposed of in the middle of an invocation', async () => {
  const lambda = await run([fn('counter', COUNTER)]);
  const running = invoke('counter', { wait: 5000 });
  await until(() => lambda.environments().some(({ state }) => state === 'busy'), 'it runs');
  const [{ pid } = { pid: undefined }] = lambda.environments();
  await Promise.all([lambda.dispose(), lambda.dispose()]);
  expect((await running).value.errorType).toBe('Runtime.ExitError');
  expect(() => process.kill(pid!, 0)).toThrow('ESRCH');
  expect(context.registry.functions.size).toBe(0);
  expect(fs.readdirSync(path.join(context.environment.stateDir, 'pids'))).toEqual([]);
});

test('answers Invoke for both invocation types', async () => {
  const { operations } = await run([fn('counter', COUNTER)]);
  const { Invoke } = operations.lambda!;
  expect(Invoke!.resources({ FunctionName: 'counter', Qualifier: 'live' })).toEqual([`${REGION_ARN}:counter:live`]);
  const answer = await Invoke!.handle({ FunctionName: `${REGION_ARN}:counter`, Payload: '{}' }, {});
  expect(answer).toEqual({ StatusCode: 200, ExecutedVersion: '$LATEST', Payload: expect.stringContaining('"count":1') });
  expect(await Invoke!.handle({ FunctionName: 'counter', InvocationType: 'Event', Payload: Buffer.from('{}') }, {})).toEqual({
    StatusCode: 202,
  });
  await until(async () => (await invoke('counter')).value.count > 2, 'the event was handled');
  await expect(async () => Invoke!.handle({ FunctionName: 'other' }, {})).rejects.toMatchObject({
    code: 'ResourceNotFoundException',
  });
});
