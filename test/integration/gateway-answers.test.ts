import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { CachedApi } from '../../lib';
import { createModel, mergeTypes, readCloudAssembly } from '../../local/assembly';
import { createGateway, type Gateway, gatewayFromTemplate } from '../../local/gateway';
import { PRODUCT_TYPES } from '../../local/products';
import { handlerIn, product } from '../support/caching-platform';
import { productContext } from '../support/product-context';

/** Answers of the gateway itself, of an API as it is synthesized: no function sees these requests. */
const context = productContext();
let gateway: Gateway;
let url: string;

beforeAll(async () => {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cachement-answers-'));
  const app = new App({ outdir, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Shop');
  new CachedApi(stack, 'Api', {
    routes: [product],
    reader: handlerIn(stack, 'Reader'),
    writes: [{ route: product, method: 'PUT' }],
  });
  app.synth();
  const secrets = () => {
    throw new Error('the template has no secrets');
  };
  const model = createModel({
    assembly: readCloudAssembly(outdir),
    types: mergeTypes(PRODUCT_TYPES),
    environment: context.environment,
    secrets,
  });
  const policies = {
    authorize: () => ({ allowed: true, reason: '' }),
    authorizeAnybody: () => ({ allowed: false }),
    authorizeResource: () => ({ allowed: true, reason: '' }),
  };
  gateway = createGateway(gatewayFromTemplate(model), context, { callers: new Map(), policies });
  await gateway.start();
  url = gateway.url();
  fs.rmSync(outdir, { recursive: true });
});

afterAll(async () => {
  await gateway?.dispose();
  await context.cleanUp();
});

const ask = async (method: string, at: string, headers: Record<string, string> = {}) => {
  const body = method === 'PUT' ? '{}' : undefined;
  const response = await fetch(`${url}${at}`, { method, headers: { 'content-type': 'application/json', ...headers }, body });
  return { status: response.status, allow: response.headers.get('allow'), problem: await response.json() };
};

const problem = (status: number, title: string, detail: string) => ({ type: 'about:blank', title, status, detail });

test('an unsigned write is 403, with the reason', async () => {
  expect(await ask('PUT', '/products/1')).toEqual({
    status: 403,
    allow: null,
    problem: problem(403, 'Forbidden', 'the request must be signed with Signature Version 4, by somebody who may call this API'),
  });
});

test.each(['/nothing', '/products', '/products/1/reviews', '/products/1/reviews/2', '/'])('%s is 404', async (at) => {
  const nothing = { status: 404, allow: null, problem: problem(404, 'Not Found', 'there is nothing at this path') };
  expect(await ask('GET', at)).toEqual(nothing);
  expect(await ask('PUT', at)).toEqual(nothing);
});

test('a method that nobody declared is 405, with those that are', async () => {
  expect(await ask('DELETE', '/products/1')).toEqual({
    status: 405,
    allow: 'GET, HEAD, PUT',
    problem: problem(405, 'Method Not Allowed', 'the methods of this path are those of the header Allow'),
  });
});
