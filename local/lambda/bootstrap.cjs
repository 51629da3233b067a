// What runs in every execution environment: loads the handler once, then serves one invocation after the other from the Runtime
// API. It has no dependencies and imports nothing of the platform, since it stands for AWS's own runtime.
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { format } = require('node:util');

const [host, environmentId] = process.env.AWS_LAMBDA_RUNTIME_API.split('/');
const [hostname, port] = host.split(':');
const base = `/${environmentId}/2018-06-01/runtime`;
// One socket, kept: the Runtime API and the functions' own clients must not compete for connections.
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

/** Whether the handler is loaded. */
let initialised = false;

/** The invocation in progress; undefined during initialisation and between invocations. */
let current;

/** @returns {Promise<{ headers: import('node:http').IncomingHttpHeaders, body: string }>} */
function call(method, name, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const bytes = body === undefined ? undefined : Buffer.from(body);
    if (bytes) headers['content-length'] = bytes.length;
    const request = http.request({ hostname, port, method, path: base + name, agent, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(bytes);
  });
}

/** The platform is gone, so nobody can start this environment again. */
const leave = () => process.exit(0);

const report = (error) => ({
  errorType: error instanceof Error ? error.name : typeof error,
  errorMessage: error instanceof Error ? error.message : String(error),
  trace: error instanceof Error && error.stack ? error.stack.split('\n') : [],
});

const fail = (name, body) => call('POST', name, JSON.stringify(body), { 'lambda-runtime-function-error-type': body.errorType });

/** Lambda's text format: time, request id, level, message. Libraries that write metrics use a console of their own, as in AWS. */
function patchConsole() {
  const levels = { log: 'INFO', info: 'INFO', debug: 'DEBUG', trace: 'TRACE', warn: 'WARN', error: 'ERROR' };
  for (const [method, level] of Object.entries(levels)) {
    console[method] = (...args) =>
      process.stdout.write(`${new Date().toISOString()}\t${current?.requestId ?? 'undefined'}\t${level}\t${format(...args)}\n`);
  }
}

async function loadHandler() {
  const [moduleName, exportName] = process.env._HANDLER.split(/\.(?=[^.]+$)/);
  const stem = path.resolve(process.env.LAMBDA_TASK_ROOT, moduleName);
  const file = ['.js', '.mjs', '.cjs'].map((extension) => stem + extension).find((name) => fs.existsSync(name));
  if (!file) throw Object.assign(new Error(`Cannot find module '${moduleName}'`), { name: 'Runtime.ImportModuleError' });
  const module = file.endsWith('.mjs') ? await import(pathToFileURL(file).href) : await requireOrImport(file);
  const handler = module[exportName];
  if (typeof handler !== 'function') {
    throw Object.assign(new Error(`${process.env._HANDLER} is undefined or not exported`), { name: 'Runtime.HandlerNotFound' });
  }
  return handler;
}

async function requireOrImport(file) {
  try {
    return require(file);
  } catch (error) {
    if (error.code !== 'ERR_REQUIRE_ESM' && error.code !== 'ERR_REQUIRE_ASYNC_MODULE') throw error;
    return await import(pathToFileURL(file).href);
  }
}

function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: headers['lambda-runtime-aws-request-id'],
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

/** Calls the handler in either of its forms: one that returns a promise, or one that takes a callback. */
function run(handler, event, context) {
  return new Promise((resolve, reject) => {
    let settle = () => resolve(null);
    const callback = (error, result) => {
      settle = () => (error === undefined || error === null ? resolve(result) : reject(error));
      // A callback's answer waits for the event loop to run dry, unless the function said otherwise.
      if (!context.callbackWaitsForEmptyEventLoop) settle();
    };
    // Nothing is left that could still answer: what there is counts, or null.
    process.once('beforeExit', () => settle());
    const returned = handler(event, context, callback);
    if (typeof returned?.then === 'function') returned.then(resolve, reject);
  });
}

async function serve(handler) {
  initialised = true;
  for (;;) {
    const next = await call('GET', '/invocation/next').catch(leave);
    const context = contextOf(next.headers);
    current = { requestId: context.awsRequestId };
    process.env._X_AMZN_TRACE_ID = next.headers['lambda-runtime-trace-id'] ?? '';
    let answer;
    let error;
    try {
      answer = JSON.stringify((await run(handler, JSON.parse(next.body), context)) ?? null);
    } catch (thrown) {
      error = report(thrown);
      console.error('Invoke Error', JSON.stringify(error));
    }
    process.removeAllListeners('beforeExit');
    const name = `/invocation/${context.awsRequestId}`;
    await (error ? fail(`${name}/error`, error) : call('POST', `${name}/response`, answer)).catch(leave);
    current = undefined;
  }
}

/** An error that nobody caught ends the environment, after it has been reported. */
async function crash(type, error) {
  const body = { ...report(error), errorType: type ?? report(error).errorType };
  process.stdout.write(`${new Date().toISOString()}\t${current?.requestId ?? 'undefined'}\tERROR\t${JSON.stringify(body)}\n`);
  // Between invocations there is nobody to tell, and the only socket waits for the next one.
  if (initialised && !current) process.exit(1);
  await fail(current ? `/invocation/${current.requestId}/error` : '/init/error', body).catch(leave);
  process.exit(1);
}

process.on('uncaughtException', (error) => crash(undefined, error));
process.on('unhandledRejection', (error) => crash('Runtime.UnhandledPromiseRejection', error));
patchConsole();
loadHandler().then(serve, (error) => crash(undefined, error));
