import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import Redis from 'ioredis';
import { redisBinary } from '../../local/engines/binaries';
import { freePort } from './free-port';
import { waitFor } from './wait-for';

/** A real server without cluster mode, and its replica if it has one. */
export interface RedisServer {
  readonly port: number;
  readonly user: { readonly username: string; readonly password: string };
  /** User who may do everything, such as a Sentinel. */
  readonly administratorUser: { readonly username: string; readonly password: string };
  /** Connection of that user. */
  readonly administrator: Redis;
  readonly replica?: RedisServer;
  /** Process of the server. */
  readonly process: ChildProcess;
  dispose(): Promise<void>;
}

const USER = { username: 'app', password: 'a-password-of-the-tests' };
const ADMINISTRATOR = { username: 'owner', password: 'another-password-of-the-tests' };

/**
 * Starts a server.
 *
 * @param options.replica true where it has a replica, which is in step with it.
 * @param options.open true where nobody has to sign in, as at a developer's own server.
 */
export async function startRedisServer({ replica = false, open = false } = {}): Promise<RedisServer> {
  const primary = await start({ open });
  if (!replica) return primary;
  const follower = await start({ primaryPort: primary.port });
  await waitFor('the replica to be in step', async () => {
    const [, , , link] = (await follower.administrator.role()) as [string, string, number, string];
    return link === 'connected';
  });
  return {
    ...primary,
    replica: follower,
    dispose: async () => {
      await follower.dispose();
      await primary.dispose();
    },
  };
}

async function start({ primaryPort, open = false }: { primaryPort?: number; open?: boolean }): Promise<RedisServer> {
  const { redisServer, libraryPath } = redisBinary();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'redis-server-'));
  const port = await freePort();
  const file = path.join(folder, 'redis.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    'save ""',
    'repl-diskless-sync-delay 0',
    open ? 'user default on nopass ~* &* +@all' : 'user default off',
    // What a client of the cache may do, as the platform's own users have it.
    `user ${USER.username} on >${USER.password} ~* &* +@all -@dangerous +role`,
    `user ${ADMINISTRATOR.username} on >${ADMINISTRATOR.password} ~* &* +@all`,
    ...(primaryPort === undefined
      ? []
      : [`replicaof 127.0.0.1 ${primaryPort}`, `masteruser ${ADMINISTRATOR.username}`, `masterauth ${ADMINISTRATOR.password}`]),
  ];
  fs.writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  const env = libraryPath ? { ...process.env, LD_LIBRARY_PATH: libraryPath } : process.env;
  const child = spawn(redisServer, [file], { stdio: 'ignore', env });
  const administrator = new Redis({
    port,
    host: '127.0.0.1',
    ...ADMINISTRATOR,
    retryStrategy: () => 25,
    maxRetriesPerRequest: null,
  });
  administrator.on('error', () => {});
  await administrator.ping();
  return {
    port,
    user: USER,
    administratorUser: ADMINISTRATOR,
    administrator,
    process: child,
    dispose: async () => {
      administrator.disconnect();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.kill('SIGKILL')) await ended;
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
