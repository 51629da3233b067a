import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { followSentinel } from '../../examples/redis/sentinel';
import { RedisStore } from '../../lambdas/runtime';
import { newToken } from '../../lambdas/runtime/token';
import { redisBinary } from '../../local/engines/binaries';
import { entryOf } from '../contract/shared-store';
import { freePort } from '../support/free-port';
import { type RedisServer, startRedisServer } from '../support/redis-server';
import { waitFor } from '../support/wait-for';

let primary: RedisServer;
let sentinel: ChildProcess;
let port: number;
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sentinel-'));

beforeAll(async () => {
  primary = await startRedisServer({ replica: true, open: true });
  port = await freePort();
  const file = path.join(folder, 'sentinel.conf');
  const { username, password } = primary.administratorUser;
  fs.writeFileSync(
    file,
    [
      `port ${port}`,
      `dir ${folder}`,
      `sentinel monitor shop 127.0.0.1 ${primary.port} 1`,
      `sentinel auth-user shop ${username}`,
      `sentinel auth-pass shop ${password}`,
      'sentinel down-after-milliseconds shop 300',
      'sentinel failover-timeout shop 2000',
    ].join('\n'),
    { mode: 0o600 },
  );
  const { redisServer, libraryPath } = redisBinary();
  const env = libraryPath ? { ...process.env, LD_LIBRARY_PATH: libraryPath } : process.env;
  sentinel = spawn(redisServer, [file, '--sentinel'], { stdio: 'ignore', env });
});
afterAll(async () => {
  const ended = new Promise((resolve) => sentinel.once('exit', resolve));
  if (sentinel.kill('SIGKILL')) await ended;
  await primary.dispose();
  fs.rmSync(folder, { recursive: true, force: true });
});

test('a store follows the primary that Sentinel names, through a failover', async () => {
  const { endpoint, close } = await followSentinel({ sentinels: [{ host: '127.0.0.1', port }], name: 'shop' });
  const store = new RedisStore({
    endpoint,
    tls: false,
    credentials: () => primary.user,
    namespace: 'sentinel',
    budgetMs: 500,
    report: () => undefined,
  });
  const stored = async () => {
    const token = newToken();
    await store.lease('k', token, 1000, '');
    await store.fill('k', token, undefined, 60_000, entryOf(token, 1));
    return true;
  };
  try {
    await waitFor('the primary', () => stored().catch(() => false));
    const { administrator } = primary.replica!;
    await waitFor('the replica to have it', async () => (await administrator.keys('sentinel:v:*')).length === 1);
    primary.process.kill('SIGKILL');
    await waitFor('the new primary', async () => (await administrator.role())[0] === 'master');
    await waitFor('what was stored', () =>
      store.get('k').then(
        (value) => value !== null,
        () => false,
      ),
    );
    expect(await stored()).toBe(true);
  } finally {
    await store.close();
    close();
  }
});

test('the address of a Sentinel itself is no endpoint, which the store says', async () => {
  const reports: string[] = [];
  const store = new RedisStore({
    endpoint: `127.0.0.1:${port}`,
    tls: false,
    namespace: 'sentinel',
    report: (text: unknown) => void reports.push(String(text)),
  });
  await store.get('k').catch(() => undefined);
  expect(await waitFor('a report', () => reports[0])).toMatch(/^the shared tier '.*' can't be used: .*; check 'endpoint'$/);
  await store.close();
});
