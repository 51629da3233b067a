import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { LoadSender } from '../../../local/console/load';
import { waitFor } from '../../support/wait-for';

const asked: string[] = [];
const server = http.createServer(({ url = '' }, response) => {
  asked.push(url);
  response.statusCode = url.startsWith('/failing') ? 503 : 200;
  response.end('content');
});
let base: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('requests go to the paths that were given, with numbers of their ranges, until they are stopped', async () => {
  const load = new LoadSender(base);
  load.start({ paths: ['/items/[3-4]/x', '/failing'], perSecond: 200, seconds: 300 });
  await waitFor('requests of each kind', () => ['/items/3/x', '/items/4/x', '/failing'].every((url) => asked.includes(url)));
  expect(load.state.running).toBe(true);
  load.stop();
  expect(load.state.running).toBe(false);
  await waitFor('the failed ones', () => load.state.failed > 0);
  expect(new Set(asked)).toEqual(new Set(['/items/3/x', '/items/4/x', '/failing']));
  load.dispose();
});

test('it ends by itself', async () => {
  const load = new LoadSender(base);
  load.start({ paths: ['/'], perSecond: 100, seconds: 0.2 });
  await waitFor('the end', () => !load.state.running);
  expect(load.state.sent).toBeLessThan(40);
  load.dispose();
});

test.each([
  [{ paths: [], perSecond: 1, seconds: 1 }, "'paths' must be 1 to 20 paths"],
  [{ paths: ['http://elsewhere.example/'], perSecond: 1, seconds: 1 }, "'paths' must be 1 to 20 paths"],
  [{ paths: ['/a b'], perSecond: 1, seconds: 1 }, "'paths' must be 1 to 20 paths"],
  [{ paths: ['/'], perSecond: 201, seconds: 1 }, "'perSecond' must be a number above 0 and at most 200, got: 201"],
  [{ paths: ['/'], perSecond: 1, seconds: '1' }, "'seconds' must be a number above 0 and at most 300"],
  [null, "'paths' must be"],
])('%p is refused', (input, message) => {
  const load = new LoadSender(base);
  expect(() => load.start(input)).toThrow(message);
  expect(load.state.running).toBe(false);
});

test('there is nothing to send to without an edge', () => {
  const load = new LoadSender(undefined);
  expect(() => load.start({ paths: ['/'], perSecond: 1, seconds: 1 })).toThrow('the template has no edge to send requests to');
});
