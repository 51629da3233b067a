import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { freePort } from '../support/free-port';
import { type RedisServer, startRedisServer } from '../support/redis-server';
import { waitFor } from '../support/wait-for';

const project = path.resolve(__dirname, '../..');
/** In the project, so that the application finds its packages. */
const folder = path.join(project, '.cachement', `readme-${process.pid}`);

/** Database of an application of one's own: it says how often it was asked. */
const DATABASE = `
let asked = 0;
export const database = { product: async (id) => (id === '1' ? { id, name: 'lamp', asked: ++asked } : undefined) };
`;

let redis: RedisServer;
let application: ChildProcess | undefined;

beforeAll(async () => {
  redis = await startRedisServer({ open: true });
  fs.mkdirSync(folder, { recursive: true });
});
afterAll(async () => {
  application?.kill('SIGKILL');
  await redis.dispose();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** The README's application with the cache library alone. */
function readApplication(): string {
  const readme = fs.readFileSync(path.join(project, 'README.md'), 'utf8');
  const [, code] = /### Only the cache library\n[\s\S]*?```ts\n([\s\S]*?)```/.exec(readme) ?? [];
  if (!code) throw new Error('README.md has no application');
  return code;
}

test("the README's application has at most fifteen lines, and caches in front of any database on one server", async () => {
  const code = readApplication();
  expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(15);
  const port = await freePort();
  for (const replaced of ['127.0.0.1:6379', 'listen(3000)']) expect(code).toContain(replaced);
  const here = code.replace('127.0.0.1:6379', `127.0.0.1:${redis.port}`).replace('listen(3000)', `listen(${port}, '127.0.0.1')`);
  fs.writeFileSync(path.join(folder, 'app.mts'), here);
  fs.writeFileSync(path.join(folder, 'database.js'), DATABASE);
  fs.writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}\n');
  application = spawn(process.execPath, ['--import', 'tsx', path.join(folder, 'app.mts')], { cwd: project, stdio: 'inherit' });

  const get = (id: string) => fetch(`http://127.0.0.1:${port}/products/${id}`);
  const first = await waitFor('the application', () => get('1').catch(() => undefined));
  expect(await first.json()).toEqual({ id: '1', name: 'lamp', asked: 1 });
  expect(await (await get('1')).json()).toEqual({ id: '1', name: 'lamp', asked: 1 });
  expect((await get('2')).status).toBe(404);
  expect(await redis.administrator.keys('shop:*')).not.toEqual([]);
});
