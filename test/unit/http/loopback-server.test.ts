import type * as net from 'node:net';
import { type Handler, LoopbackServer } from '../../../local/http';
import { exchange } from '../../support/raw-http';

let server: LoopbackServer;
const lines: string[] = [];

async function serve(handle: Handler): Promise<string> {
  lines.length = 0;
  server = new LoopbackServer({ name: 'a server', log: (message) => lines.push(message) }, handle);
  await server.listen(0);
  return `http://127.0.0.1:${(server.server.address() as net.AddressInfo).port}`;
}
afterEach(() => server.close());

test.each<[string, Handler]>([
  [
    'throws',
    () => {
      throw new Error('at once');
    },
  ],
  ['rejects', () => Promise.reject(new Error('later'))],
  ['throws nothing', () => Promise.reject(undefined)],
])('a handler that %s is answered with 500 and logged, and the next request is served', async (_, handle) => {
  const url = await serve((incoming, outgoing) =>
    incoming.url === '/good' ? void outgoing.end('good') : handle(incoming, outgoing),
  );
  expect((await fetch(url)).status).toBe(500);
  expect(lines).toEqual([expect.stringContaining('a server: GET / failed')]);
  expect(await (await fetch(`${url}/good`)).text()).toBe('good');
});

test('a handler that fails in the middle of its answer ends the connection', async () => {
  const url = await serve((_, outgoing) => {
    outgoing.writeHead(200, { 'content-length': 10 }).write('half');
    throw new Error('in the middle');
  });
  await expect(fetch(url).then((response) => response.text())).rejects.toThrow();
  expect(lines).toHaveLength(1);
});

test('errors of a connection, a request, an answer and the server itself are nobody’s end', async () => {
  const url = await serve((incoming, outgoing) => {
    incoming.emit('error', new Error('of the request'));
    outgoing.emit('error', new Error('of the answer'));
    outgoing.end('answered');
  });
  server.server.emit('error', new Error('too many open files'));
  expect(await (await fetch(url)).text()).toBe('answered');
  expect(lines).toEqual(['a server: too many open files']);
});

test('malformed HTTP is answered with 400', async () => {
  const url = new URL(await serve((_, outgoing) => void outgoing.end()));
  const answer = await exchange(Number(url.port), 'NONSENSE\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
});

test('an expectation that nobody knows is none', async () => {
  const url = new URL(await serve((_, outgoing) => void outgoing.end('answered')));
  const answer = await exchange(Number(url.port), 'GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nConnection: close\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*answered/);
});

test('a port that is taken is named', async () => {
  const url = await serve((_, outgoing) => void outgoing.end());
  const port = Number(new URL(url).port);
  const second = new LoopbackServer({ name: 'the second', log: () => {} }, () => {});
  await expect(second.listen(port)).rejects.toThrow(`port ${port}, for the second, is in use: end what listens there`);
});
