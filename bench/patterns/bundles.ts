import * as path from 'node:path';
import { buildSync } from 'esbuild';
import { round } from '../support/benchmark';
import { BUNDLE } from '../support/roles';

const ROOT = path.resolve(__dirname, '../..');
const EXTERNAL = ['ioredis', 'ioredis/*', 'pg'];

/** What a bundle has beside a pattern: the connection, what sends scripts by it, and errors. */
const CONNECTION =
  "export { RedisConnection } from './lambdas/runtime/connection/redis-connection'; export * from './lambdas/runtime/connection/run-script'; export { CacheError } from './lambdas/runtime/errors';";

/** Kilobytes over the connection, minified. */
export interface PatternSize {
  /** Name of the largest that the pattern exports, and what whoever imports that alone carries. */
  readonly largest: string;
  readonly kilobytes: number;
  /** All that the pattern exports. */
  readonly whole: number;
}

/** Sizes of each pattern. What is exported beside the largest is for those who need it: they import it by its name. */
export function patternSizes(names: readonly string[]): Record<string, PatternSize> {
  const size = (more: string) => {
    const { outputFiles } = buildSync({
      ...BUNDLE,
      stdin: { contents: CONNECTION + more, resolveDir: ROOT },
      external: EXTERNAL,
      minify: true,
      legalComments: 'none',
      write: false,
    });
    return (outputFiles[0]?.contents.length ?? Number.NaN) / 1024;
  };
  const alone = size('');
  const over = (exports: string, name: string) => size(`export ${exports} from './lambdas/runtime/patterns/${name}'`) - alone;
  return Object.fromEntries(
    names.map((name) => {
      const sizes = exportsOf(name).map((each) => ({ largest: each, kilobytes: round(over(`{ ${each} }`, name)) }));
      const [largest] = sizes.sort((a, b) => b.kilobytes - a.kilobytes);
      if (!largest) throw new Error(`the pattern '${name}' exports no value`);
      return [name, { ...largest, whole: round(over('* as pattern', name)) }];
    }),
  );
}

/** Names of the values that a pattern exports. */
function exportsOf(name: string): string[] {
  const { metafile } = buildSync({
    ...BUNDLE,
    format: 'esm',
    entryPoints: [path.join(ROOT, 'lambdas/runtime/patterns', name, 'index.ts')],
    external: EXTERNAL,
    metafile: true,
    write: false,
    outfile: `${name}.js`,
  });
  return Object.values(metafile.outputs)[0]?.exports ?? [];
}
