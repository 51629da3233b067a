import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';

/** Folder of what ours is compared with; it runs as it is, from its own `node_modules`. */
export const PEERS = path.resolve(__dirname, '../peers');

/**
 * Installs the peers where they are missing or outdated. npm writes what it has installed beside the packages; where that is
 * older than the lock file, another lock file was installed.
 */
export function installPeers(log: (line: string) => void): void {
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
