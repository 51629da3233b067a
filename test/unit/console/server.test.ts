import * as fs from 'node:fs';
import * as http from 'node:http';
import * as os from 'node:os';
import * as path from 'node:path';
import { ConsoleError, ConsoleServer, type Viewer } from '../../../local/console/server';
import { waitFor } from '../../support/wait-for';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'console-'));
fs.writeFileSync(path.join(folder, 'page.js'), 'let page;');
let base: string;
const viewers: Viewer[] = [];
const left: Viewer[] = [];
const lines: string[] = [];
const server = new ConsoleServer({
  pageFolder: folder,
  log: (line) => lines.push(line),
  calls: {
    'GET /api/echo': ({ query }) => ({ got: query.get('x') }),
    'POST /api/echo': ({ body }) => body,
    'GET /api/refused': () => {
      throw new ConsoleError(409, 'not now');
    },
  },
  onViewer: (viewer) => {
    viewers.push(viewer);
    return () => left.push(viewer);
  },
});
let token: string;

beforeAll(async () => {
  base = await server.listen(0);
  token = /name="token" content="([^"]+)"/.exec(await (await fetch(base)).text())?.[1] ?? '';
});
afterAll(async () => {
  await server.close();
  fs.rmSync(folder, { recursive: true });
});

/** A request with whatever headers, which `fetch` doesn't let one set. */
function ask(target: string, { method = 'GET', headers = {}, body = '' } = {}): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = http.request(`${base}${target}`, { method, headers, agent: false }, (incoming) => {
      let text = '';
      incoming.on('data', (chunk) => (text += chunk));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const withToken = () => ({ 'x-cachement-token': token });

test('the page, its script and nothing else are served without the token', async () => {
  const page = await fetch(base);
  expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
  expect((await ask('/page.js')).body).toBe('let page;');
  expect(await ask('/page.css')).toEqual({
    status: 404,
    body: JSON.stringify({ error: 'page.css is not bundled yet: npm run bundle' }),
  });
  for (const target of ['/../package.json', '/constructor', '/toString', '/api']) expect((await ask(target)).status).toBe(404);
});

test('a call needs the token of this very page', async () => {
  expect(await ask('/api/echo?x=1', { headers: withToken() })).toEqual({ status: 200, body: '{"got":"1"}' });
  const posted = await ask('/api/echo', { method: 'POST', headers: withToken(), body: '{"on":true}' });
  expect(posted).toEqual({ status: 200, body: '{"on":true}' });
  for (const wrong of ['', 'x', token.slice(1), `${token}x`, `${token.startsWith('x') ? 'y' : 'x'}${token.slice(1)}`]) {
    expect((await ask('/api/echo?x=1', { headers: { 'x-cachement-token': wrong } })).status).toBe(403);
    expect((await ask(`/api/stream?token=${wrong}`)).status).toBe(403);
  }
  expect((await ask('/api/echo')).status).toBe(403);
});

test.each([
  ['a name that was made to resolve to loopback', { host: 'evil.example' }],
  ["another site's page", { origin: 'http://evil.example' }],
  ["another port's page", { origin: 'http://127.0.0.1:1' }],
  ['a fetch from elsewhere', { 'sec-fetch-site': 'cross-site' }],
  ['a fetch from a sibling', { 'sec-fetch-site': 'same-site' }],
])('%s gets neither the page with its token nor an answer', async (_, headers) => {
  expect((await ask('/', { headers })).status).toBe(403);
  expect((await ask('/api/echo', { headers: { ...withToken(), ...headers } })).status).toBe(403);
});

test('what goes wrong in a call is told, and goes no further', async () => {
  expect(await ask('/api/refused', { headers: withToken() })).toEqual({ status: 409, body: '{"error":"not now"}' });
  expect((await ask('/api/nothing', { headers: withToken() })).status).toBe(404);
  expect((await ask('/api/constructor', { headers: withToken() })).status).toBe(404);
  expect((await ask('/api/echo', { method: 'POST', headers: withToken(), body: '{' })).status).toBe(400);
  expect((await ask('/api/echo', { method: 'POST', headers: withToken(), body: 'x'.repeat(70_000) })).status).toBe(400);
  expect((await ask('/', { method: 'POST' })).status).toBe(405);
  expect(lines).toEqual([]);
});

test('a page that looks gets messages until it leaves', async () => {
  const outgoing = http.get(`${base}/api/stream?token=${token}`, { agent: false });
  let text = '';
  outgoing.on('response', (incoming) => incoming.on('data', (chunk) => (text += chunk)).on('error', () => undefined));
  await waitFor('the viewer', () => viewers.length === 1);
  viewers[0]?.send('rows', []);
  await waitFor('the message', () => text.includes('event: rows\ndata: []\n\n'));
  outgoing.on('error', () => undefined).destroy();
  await waitFor('its end', () => left.length === 1);
});
