import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { freePort } from '../support/free-port';
import { waitFor } from '../support/wait-for';

/** Program of the server, as the set-up finds it. */
export interface MariaDbBinary {
  readonly program: string;
  readonly libraryPath: string;
}

/** A real server, which a user of all rights may connect to. */
export interface MariaDbServer {
  readonly port: number;
  readonly user: { readonly user: string; readonly password: string; readonly database: string };
  dispose(): Promise<void>;
}

const USER = { user: 'app', password: 'a-password-of-the-tests', database: 'shop' };

/** Starts a server with a binary log; of another one it is the replica, which has its user and its database from there. */
export async function startMariaDb({ program, libraryPath }: MariaDbBinary, primary?: MariaDbServer): Promise<MariaDbServer> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mariadb-'));
  const data = path.join(folder, 'data');
  fs.mkdirSync(data);
  const share = path.resolve(path.dirname(program), '../share/mysql');
  const env = libraryPath ? { ...process.env, LD_LIBRARY_PATH: libraryPath } : process.env;
  const common = ['--no-defaults', `--datadir=${data}`, `--lc-messages-dir=${share}`];
  if (process.getuid?.() === 0) common.push('--user=root');

  const tables = ['mysql_system_tables.sql', 'mysql_system_tables_data.sql'].map((name) =>
    fs.readFileSync(path.join(share, name), 'utf8'),
  );
  const input = ['CREATE DATABASE mysql;', 'USE mysql;', ...tables].join('\n');
  const made = spawnSync(program, [...common, '--bootstrap', '--skip-log-bin'], { env, input, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`mariadbd --bootstrap failed:\n${made.stderr}`);

  const first = path.join(folder, 'first.sql');
  const from =
    primary && `'127.0.0.1', MASTER_PORT=${primary.port}, MASTER_USER='${USER.user}', MASTER_PASSWORD='${USER.password}'`;
  const statements = from
    ? [`CHANGE MASTER TO MASTER_HOST=${from}, MASTER_USE_GTID=slave_pos`, 'START SLAVE']
    : [
        `CREATE USER ${USER.user}@'%' IDENTIFIED BY '${USER.password}'`,
        `GRANT ALL ON *.* TO ${USER.user}@'%'`,
        `CREATE DATABASE ${USER.database}`,
      ];
  fs.writeFileSync(first, statements.map((statement) => `${statement};\n`).join(''), { mode: 0o600 });
  const port = await freePort();
  const child = spawn(
    program,
    [
      ...common,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${folder}/socket`,
      `--pid-file=${folder}/pid`,
      `--server-id=${primary ? 2 : 1}`,
      '--log-bin=binlog',
      `--init-file=${first}`,
    ],
    { env, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  await waitFor('the server', () => {
    if (child.exitCode !== null) throw new Error(`mariadbd ended:\n${log}`);
    return log.includes('ready for connections');
  });
  return { port, user: USER, dispose: () => end(child, folder) };
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null && child.kill('SIGKILL')) await ended;
  fs.rmSync(folder, { recursive: true, force: true });
}
