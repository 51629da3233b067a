import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { synthesizeIfChanged } from './assembly/synthesize';
import { credentialsFile } from './identity';
import { type Platform, startPlatform } from './platform';
import type { ProductSettings } from './products';
import { createProgress } from './progress';
import { parseSettings } from './settings';

const HELP = `Synthesizes the app of this project and runs it on this machine.

  npm start -- [options]

  --port N         port of the edge, loopback only (default 8080; 0 is any free one)
  --seed N         seed of everything that chance decides, such as the order of events (default 1)
  --assembly DIR   run this cloud assembly instead of synthesizing one
  --state DIR      folder for data, secrets and logs, of one platform at a time (default .cachement/local)
  --skip TYPE      leave out resources of this type, such as AWS::DynamoDB::Table; may be given again
  --set NAME=VALUE what a template doesn't say, such as lambda.accountConcurrency=50; may be given again
  --verbose        show what each product reports
  --help           show this text

The app's command comes from cdk.json, with context stage=local. Ctrl-C ends everything.
`;

/** Exit code of a process that Ctrl-C ended, by the convention of shells: 128 and the number of the signal. */
const INTERRUPTED = 130;

const project = process.cwd();

interface Options {
  readonly port: number;
  readonly seed: number;
  readonly assembly?: string;
  readonly stateDir: string;
  readonly skip: readonly string[];
  readonly settings: ProductSettings;
  readonly verbose: boolean;
}

function parseOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8080' },
      seed: { type: 'string', default: '1' },
      assembly: { type: 'string' },
      state: { type: 'string', default: '.cachement/local' },
      skip: { type: 'string', multiple: true, default: [] },
      set: { type: 'string', multiple: true, default: [] },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return undefined;
  }
  return {
    port: wholeNumber('--port', values.port, 65_535),
    seed: wholeNumber('--seed', values.seed, 2 ** 32 - 1),
    assembly: values.assembly,
    stateDir: path.resolve(project, values.state),
    skip: values.skip,
    settings: parseSettings(values.set),
    verbose: values.verbose,
  };
}

function wholeNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > most)
    throw new Error(`'${option}' must be a whole number from 0 to ${most}, got: '${text}'`);
  return value;
}

async function main(): Promise<void> {
  // Whoever reads the output may leave, as `head` does; the platform goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const options = parseOptions();
  if (!options) return;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(signal));
  const progress = createProgress(process.stderr, { verbose: options.verbose });

  try {
    const assembly = options.assembly ?? path.join(project, 'cdk.out/local');
    if (options.assembly === undefined) {
      await progress.phase('synthesizing the app', () =>
        synthesizeIfChanged({ project, directory: assembly, context: { stage: 'local' }, signal: stop.signal }),
      );
    }
    const platform = await startPlatform({ ...options, assembly, progress, signal: stop.signal });
    process.stdout.write(`\n${summary(platform, options.stateDir)}\nCtrl-C ends everything.\n`);
    await aborted(stop.signal);
    await progress.phase('ending', () => platform.dispose());
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  if (stop.signal.reason === 'SIGINT') process.exitCode = INTERRUPTED;
}

/** Addresses of this machine, and the outputs of the stacks that are there to try. */
function summary(platform: Platform, stateDir: string): string {
  const { edge, gateway, endpoint, console } = platform.urls;
  const addresses = [
    ['edge', edge],
    ['gateway', gateway],
    ['AWS APIs', endpoint],
    ['console', console],
    ['logs', path.join(path.relative(project, stateDir), 'logs')],
  ];
  const clients = [
    `AWS_ENDPOINT_URL=${endpoint}`,
    `AWS_REGION=${platform.model.environment.region}`,
    `AWS_SHARED_CREDENTIALS_FILE=${credentialsFile(stateDir)}`,
  ];
  const tries = platform.outputs().filter(({ description }) => description?.startsWith('try: '));
  return [
    ...addresses.filter(([, address]) => address).map(([name, address]) => `  ${name!.padEnd(9)} ${address}`),
    ...platform.skipped.map(
      ({ stack, logicalId, type }) => `  skipped   ${stack}/${logicalId} (${type}): calls that need it fail`,
    ),
    '',
    '  # the environment of any AWS client',
    `  export ${clients.join(' ')}`,
    ...tries.flatMap(({ description, value }) => ['', `  # ${description!.slice('try: '.length)}`, `  ${value}`]),
    '',
  ].join('\n');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

main().catch((error: Error) => {
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = 1;
});
