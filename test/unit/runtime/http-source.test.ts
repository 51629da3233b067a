import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { productsOf } from '../../../examples/sources/http-api';
import { systemClock } from '../../../lambdas/runtime';
import { MemorySharedStore } from '../../support/memory-shared-store';

/** An API, and a cache before it that keeps an answer until it is asked to ask again. */
const names = new Map([['1', 'lamp']]);
const kept = new Map<string, string>();
let answers: { status: number; fromCache: boolean }[] = [];
let failing = false;

const server = http.createServer((request, response) => {
  const id = /^\/products\/(.+)$/.exec(request.url ?? '')?.[1] ?? '';
  const fromCache = kept.has(id) && request.headers['cache-control'] !== 'no-cache';
  const name = fromCache ? kept.get(id) : names.get(id);
  const status = failing ? 503 : name === undefined ? 404 : 200;
  if (name !== undefined) kept.set(id, name);
  answers.push({ status, fromCache });
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ id, name }));
});

let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // The first request of a process is the slowest, on a busy machine longer than a lease: its answer would be kept by nobody.
  await (await fetch(url)).text();
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  answers = [];
  failing = false;
});

test('a product is asked for once, and its change is there after the webhook, past the cache before the API', async () => {
  const products = productsOf(new MemorySharedStore(systemClock), url, 60);
  expect(await products.read('1')).toEqual({ id: '1', name: 'lamp' });
  expect(await products.read('1')).toEqual({ id: '1', name: 'lamp' });
  expect(answers).toEqual([{ status: 200, fromCache: false }]);

  names.set('1', 'desk lamp');
  await products.changed('1');
  expect(await products.read('1')).toEqual({ id: '1', name: 'desk lamp' });
  // The cache before the API still had the old name, and wasn't asked for it.
  expect(answers.slice(1)).toEqual([{ status: 200, fromCache: false }]);
  await products.close();
});

test('what is not there is kept, too, and an API that fails is an error', async () => {
  const products = productsOf(new MemorySharedStore(systemClock), url, 60);
  expect(await products.read('2')).toBeUndefined();
  expect(await products.read('2')).toBeUndefined();
  expect(answers.map(({ status }) => status)).toEqual([404]);
  failing = true;
  await expect(products.read('3')).rejects.toThrow('the API answered 503');
  await products.close();
});
