import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { buildRoles } from '../support/roles';

const ROOT = path.resolve(__dirname, '../..');
const PEERS = path.join(ROOT, 'bench/peers');

/** JavaScript that is measured. */
export interface Build {
  /** File of a role: the library as it is deployed, in one file, with what drives it. */
  role(name: string): string;
  /** Module with the libraries that ours is compared with; it runs as it is, from its own `node_modules`. */
  readonly peers: string;
  dispose(): void;
}

/** Bundles the roles, and installs the peers where they are missing or outdated. */
export function build(log: (line: string) => void): Build {
  installPeers(log);
  const roles = buildRoles(path.join(__dirname, 'roles'));
  return { role: roles.file, peers: path.join(PEERS, 'peers.mjs'), dispose: roles.dispose };
}

/**
 * npm writes what it has installed beside the packages; where that is older than the lock file, another lock file was installed.
 */
function installPeers(log: (line: string) => void): void {
  const installed = path.join(PEERS, 'node_modules/.package-lock.json');
  const wanted = path.join(PEERS, 'package-lock.json');
  if (fs.existsSync(installed) && fs.statSync(installed).mtimeMs >= fs.statSync(wanted).mtimeMs) return;
  log('installing the libraries to compare with (bench/peers)');
  // Dates of a checkout log nothing, so a first run installs; none of these packages needs a script of its own.
  const { status, stderr } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: PEERS,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`'npm ci' in bench/peers failed:\n${stderr}`);
  fs.utimesSync(installed, new Date(), new Date());
}
