import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = path.resolve(__dirname, '../..');

/** Options of a bundle, as functions are bundled. */
export const BUNDLE = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  logLevel: 'error',
  external: ['pg-native'] as string[],
} as const;

/** Programs of a benchmark's processes: each is one file, the library as it is deployed and what drives it. */
export interface Roles {
  /** The file of a role. */
  file(name: string): string;
  dispose(): void;
}

/** Bundles every file of a folder; bundled once, a process costs little to start. */
export function buildRoles(folder: string): Roles {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cachement-bench-'));
  const entryPoints = fs.readdirSync(folder).map((file) => path.join(folder, file));
  buildSync({ absWorkingDir: ROOT, entryPoints, outdir, ...BUNDLE });
  return {
    file: (name) => path.join(outdir, `${name}.js`),
    dispose: () => fs.rmSync(outdir, { recursive: true, force: true }),
  };
}
