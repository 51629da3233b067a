import * as path from 'node:path';
import { buildSync } from 'esbuild';
import { round } from '../support/benchmark';
import { BUNDLE } from '../support/roles';

const ROOT = path.resolve(__dirname, '../..');

/** What a bundle has beside a pattern: the connection, what sends scripts by it, and errors. */
const CONNECTION =
  "export { RedisConnection } from './lambdas/runtime/connection/redis-connection'; export * from './lambdas/runtime/connection/run-script'; export { CacheError } from './lambdas/runtime/errors';";

/** Kilobytes of each pattern over the connection, minified. */
export function patternKilobytes(names: readonly string[]): Record<string, number> {
  const size = (more: string) => {
    const { outputFiles } = buildSync({
      ...BUNDLE,
      stdin: { contents: CONNECTION + more, resolveDir: ROOT },
      external: ['ioredis', 'ioredis/*', 'pg'],
      minify: true,
      legalComments: 'none',
      write: false,
    });
    return (outputFiles[0]?.contents.length ?? Number.NaN) / 1024;
  };
  const alone = size('');
  return Object.fromEntries(
    names.map((name) => [name, round(size(`export * as pattern from './lambdas/runtime/patterns/${name}'`) - alone)]),
  );
}
