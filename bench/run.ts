import * as fs from 'node:fs';
import * as path from 'node:path';
import { processTree, signalAll } from '../local/host/process-tree';
import type { Benchmark } from './support/benchmark';

/** `npm run bench -- NAME [--json] [--option value ...]`: runs one benchmark; with `--json` the last line is one JSON object. */
async function main(): Promise<void> {
  const [name, ...rest] = process.argv.slice(2);
  const names = fs.readdirSync(__dirname).filter((entry) => fs.existsSync(path.join(__dirname, entry, 'index.ts')));
  if (!name || !names.includes(name)) {
    throw new Error(
      `which benchmark? npm run bench -- NAME [--json], where NAME is one of: ${names.join(', ')}${name ? `; got: '${name}'` : ''}`,
    );
  }
  const { options, json } = parseOptions(rest);
  const { benchmark } = (await import(`./${name}/index`)) as { benchmark: Benchmark };
  const log = json ? (line: string) => console.error(line) : (line: string) => console.log(line);
  const result = await benchmark({ options, log });
  if (json) console.log(JSON.stringify(result));
}

function parseOptions(words: string[]): { options: Record<string, string>; json: boolean } {
  const options: Record<string, string> = {};
  let json = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === '--json') json = true;
    else if (word.startsWith('--') && words[i + 1] !== undefined) options[word.slice(2)] = words[++i] as string;
    else throw new Error(`'${word}' is not '--json' and not '--option value'`);
  }
  return { options, json };
}

// Engines and functions run in process groups of their own, which Ctrl-C doesn't reach.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    signalAll(processTree(process.pid).slice(1), 'SIGKILL');
    process.exit(1);
  });
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
