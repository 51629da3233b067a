import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { buildSync } from 'esbuild';
import { median, round } from '../support/benchmark';
import { withChildren } from '../support/child';
import { BUNDLE } from '../support/roles';
import type { Measure } from './measurement';

const ROOT = path.resolve(__dirname, '../..');
const ENTRIES = 100_000;
/** More pairs than of what takes longer: a start of Node varies by more than what is measured. */
const IMPORTS = 31;

/** Cost of the library in a function's bundle, and in its start. */
export const bundle: Measure = async ({ log }) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cachement-bench-'));
  try {
    const write = (name: string, contents: string) => {
      const outfile = path.join(folder, `${name}.js`);
      buildSync({ stdin: { contents, resolveDir: ROOT }, outfile, minify: true, legalComments: 'none', ...BUNDLE });
      return outfile;
    };
    const client = write('client', "export { Cluster } from 'ioredis'");
    const library = write('library', "export * from './lambdas/runtime'");
    const postgres = write(
      'postgres',
      "export { Cache, RedisStore } from './lambdas/runtime'; export { PostgresVersions } from './lambdas/runtime/versions/postgres'",
    );
    const kilobytes = (file: string) => fs.statSync(file).size / 1024;
    log(`  minified: ioredis ${round(kilobytes(client))} KB, with the library ${round(kilobytes(library))} KB`);
    const times = { client: [] as number[], library: [] as number[] };
    for (let pair = 0; pair < IMPORTS; pair++) {
      // Now one first, now the other.
      if (pair % 2 === 0) times.client.push(importMs(client));
      times.library.push(importMs(library));
      if (pair % 2 !== 0) times.client.push(importMs(client));
    }
    log(`  import: ioredis ${round(median(times.client))} ms, with the library ${round(median(times.library))} ms`);
    return {
      bundleKbOverIoredis: round(kilobytes(library) - kilobytes(client)),
      bundleKbWithPostgres: round(kilobytes(postgres) - kilobytes(client)),
      importMsOverIoredis: round(median(times.library.map((time, pair) => time - (times.client[pair] as number)))),
    };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
};

/** Imports in a process of its own, whose start doesn't count. */
function importMs(file: string): number {
  const script = `const began = performance.now(); require(${JSON.stringify(file)}); console.log(performance.now() - began)`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the bundle can't be imported:\n${stderr}`);
  return Number(stdout);
}

/** Bytes of heap, and outside of it, for each entry in memory. */
export const heap: Measure = (bench) =>
  withChildren(async (start) => {
    const measure = async (subject: string) => {
      const bytes: number[] = [];
      for (let i = 0; i < 3; i++) {
        const child = start(bench.build.role('heap'), { execArgv: ['--expose-gc'] });
        bytes.push(await child.call<number>('bytesPerEntry', subject, bench.build.peers, ENTRIES));
        child.kill();
      }
      return median(bytes);
    };
    const [ours, theirs] = [await measure('ours'), await measure('lru-cache')];
    bench.log(`  bytes for each entry of 1 KB: ${round(ours)}, lru-cache ${round(theirs)}`);
    return { heapPerEntryVsLruCache: round(ours / theirs) };
  });
