import * as fs from 'node:fs';
import * as path from 'node:path';
import { runCommand, UsageError, wholeNumber } from '../../cli/arguments';
import { processTree, signalAll } from '../../local/host/process-tree';
import { playScenario } from './runner/play';
import { COMMON, table } from './runner/report';
import type { Scenario } from './scenario';

/** Files of this folder that are no scenario. */
const OTHERS = ['run', 'scenario', 'traffic'];

const NAMES = fs
  .readdirSync(__dirname)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => path.basename(file, '.ts'))
  .filter((name) => !OTHERS.includes(name))
  .sort();

const HELP = `Plays a use case against its example, and measures it.

  npm run scenario -- NAME [options]

  NAME             one of ${NAMES.join(', ')}
  --size full|small  small is at most a tenth of everything, with bars of its own (default full)
  --seed N         seed of the data, of the requests and of whatever chance decides (default 1)
  --rate N         arrivals a second of an open loop: reads of feed (default 200, at small size 40)
  --json           end with one line of JSON
  --help           show this text

Progress goes to the error output. Exit code 1: a bar of this size was missed.
`;

const OPTIONS = {
  size: { type: 'string', default: 'full' },
  seed: { type: 'string', default: '1' },
  rate: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

async function main(words: readonly string[]): Promise<number> {
  return runCommand(
    {
      help: HELP,
      options: OPTIONS,
      words: 1,
      async run({ values, words: [name = ''] }, { out, error }) {
        if (!NAMES.includes(name)) throw new UsageError(`the scenario must be one of ${NAMES.join(', ')}, got: '${name}'`);
        const { size } = values;
        if (size !== 'full' && size !== 'small') throw new UsageError(`'--size' must be full or small, got: '${size}'`);
        const { scenario } = (await import(`./${name}`)) as { scenario: Scenario };
        const seed = wholeNumber('--seed', values.seed, { most: 2 ** 32 - 1 });
        if (values.rate !== undefined && !scenario.hasRate) throw new UsageError(`the scenario '${name}' takes no '--rate'`);
        const rate = values.rate === undefined ? undefined : wholeNumber('--rate', values.rate, { least: 1, most: 100_000 });
        const note = (text: string) => error(`${new Date().toTimeString().slice(0, 8)}  ${text}`);
        const result = await playScenario(scenario, { size, seed, rate, note });
        (values.json ? error : out)(
          `\n${scenario.what}\n\n${table([...scenario.bars, ...COMMON], result, size)}\n\n${result.seconds} s in all`,
        );
        if (values.json) out(JSON.stringify(result));
        return result.missed.length > 0 ? 1 : 0;
      },
    },
    words,
  );
}

// Engines and functions run in process groups of their own, which Ctrl-C doesn't reach.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    signalAll(processTree(process.pid).slice(1), 'SIGKILL');
    process.exit(1);
  });
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
