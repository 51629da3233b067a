// The origin of the probes: answers what the request's `script` says, and tells in the body what came in and when.
// A script is a list of answers, each until a time, so that one URL, which is one cache key, answers differently later on.

const { randomUUID } = require('node:crypto');

exports.handler = async (event) => {
  const at = Date.now();
  const { script } = event.queryStringParameters ?? {};
  const steps = script ? JSON.parse(Buffer.from(script, 'base64url').toString()) : [{}];
  const step = steps.find(({ until }) => until === undefined || at < until) ?? steps[steps.length - 1];
  if (step.delayMs) await new Promise((resolve) => setTimeout(resolve, step.delayMs));
  if ('raw' in step) return step.raw;
  const received = Object.fromEntries(Object.entries(event.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const headers = { 'content-type': 'application/json', ...(step.etag && { etag: step.etag }), ...step.headers };
  if (step.etag && received['if-none-match'] === step.etag) return { statusCode: 304, headers, body: '' };
  const proxy = event.pathParameters?.proxy;
  const body = { served: randomUUID(), at, method: event.httpMethod, path: event.path, proxy, headers: received };
  return { statusCode: step.status ?? 200, headers, body: JSON.stringify(body) };
};
