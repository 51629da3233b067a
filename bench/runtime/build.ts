import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = path.resolve(__dirname, '../..');
const PEERS = path.join(ROOT, 'bench/peers');

/** The JavaScript that is measured. */
export interface Build {
  /** The file of a role: the library as it is deployed, in one file, with what drives it. */
  role(name: string): string;
  /** The module with the libraries that ours is compared with; it runs as it is, from its own `node_modules`. */
  readonly peers: string;
  dispose(): void;
}

/** Bundles the roles, and installs the peers where they are missing or outdated. */
export function build(say: (line: string) => void): Build {
  installPeers(say);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cachement-bench-'));
  const roles = fs.readdirSync(path.join(__dirname, 'roles')).map((file) => path.basename(file, '.ts'));
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: Object.fromEntries(roles.map((role) => [role, `bench/runtime/roles/${role}.ts`])),
    outdir: folder,
    ...BUNDLE,
  });
  return {
    role: (name) => path.join(folder, `${name}.js`),
    peers: path.join(PEERS, 'peers.mjs'),
    dispose: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
}

/** As functions are bundled. */
export const BUNDLE = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  logLevel: 'error',
} as const;

/** npm writes what it has installed beside the packages; where that is older than the lock file, another lock file was installed. */
function installPeers(say: (line: string) => void): void {
  const installed = path.join(PEERS, 'node_modules/.package-lock.json');
  const wanted = path.join(PEERS, 'package-lock.json');
  if (fs.existsSync(installed) && fs.statSync(installed).mtimeMs >= fs.statSync(wanted).mtimeMs) return;
  say('installing the libraries to compare with (bench/peers)');
  // Dates of a checkout say nothing, so a first run installs; none of these packages needs a script of its own.
  const { status, stderr } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: PEERS,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`'npm ci' in bench/peers failed:\n${stderr}`);
  fs.utimesSync(installed, new Date(), new Date());
}
