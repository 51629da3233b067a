import * as path from 'node:path';
import { runCommand, UsageError, wholeNumber } from '../cli/arguments';
import { readCloudAssembly } from './assembly';
import { type AppSource, synthesizeIfChanged } from './assembly/synthesize';
import { CONNECTABLE, type Connectable, connect } from './dev/connect';
import { setUpEngines } from './dev/engines';
import { exampleSource } from './dev/example';
import { explained } from './dev/faults';
import { plan } from './dev/plan';
import { forgetRunning, recordRunning } from './dev/running';
import { CONTEXT, Session } from './dev/session';
import { summary } from './dev/summary';
import { openGround } from './ground';
import { createProgress } from './progress';
import { parseSettings } from './settings';

const HELP = `Synthesizes the app of this folder and runs it on this machine.

  npx cachement dev [options]

  --port N         port of the edge, loopback only; 0 is any free one (default 8080, or the next one that is free)
  --no-watch       don't follow changes of sources, as in continuous integration
  --yes            install what is missing into this folder
  --plan           say what of the templates is honoured, ignored or refused; runs nothing
  --connect NAME   open redis-cli or psql on what runs: redis or postgres
  --seed N         seed of everything that chance decides, such as the order of events (default 1)
  --example NAME   run examples/NAME of this repository instead, with its state in .cachement/NAME
  --assembly DIR   run this cloud assembly instead of synthesizing one
  --state DIR      folder for data, secrets and logs, of one platform at a time (default .cachement/local)
  --skip TYPE      leave out resources of this type, such as AWS::DynamoDB::Table; may be given again
  --set NAME=VALUE what a template doesn't say, such as lambda.accountConcurrency=50; may be given again
  --verbose        show what each product reports
  --help           show this text

The app's command comes from cdk.json, with context stage=local. Data is made anew at each start. Ctrl-C ends everything.
`;

const OPTIONS = {
  port: { type: 'string' },
  'no-watch': { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  plan: { type: 'boolean', default: false },
  connect: { type: 'string' },
  seed: { type: 'string', default: '1' },
  example: { type: 'string' },
  assembly: { type: 'string' },
  state: { type: 'string' },
  skip: { type: 'string', multiple: true, default: [] as string[] },
  set: { type: 'string', multiple: true, default: [] as string[] },
  verbose: { type: 'boolean', default: false },
} as const;

/** Exit code of a process that Ctrl-C ended, by the convention of shells: 128 and the number of the signal. */
const INTERRUPTED = 130;

interface Options {
  readonly port?: string;
  readonly 'no-watch'?: boolean;
  readonly yes?: boolean;
  readonly seed: string;
  readonly example?: string;
  readonly assembly?: string;
  readonly skip: readonly string[];
  readonly set: readonly string[];
  readonly verbose?: boolean;
}

/** `cachement dev`, in the current folder. @returns the exit code. */
export function main(words: readonly string[]): Promise<number> {
  // Whoever reads the output may leave, as `head` does; the platform goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const project = process.cwd();
  return runCommand(
    {
      help: HELP,
      options: OPTIONS,
      async run({ values }, { out }) {
        const stateDir = path.resolve(project, values.state ?? `.cachement/${values.example ?? 'local'}`);
        try {
          if (values.connect !== undefined) return await connect(connectable(values.connect), stateDir, out);
          if (values.plan) return await showPlan(values, project, out);
          return await run(values, project, stateDir);
        } catch (error) {
          throw explained(error, stateDir);
        }
      },
    },
    words,
  );
}

async function run(values: Options, project: string, stateDir: string): Promise<number> {
  const options = {
    port: values.port === undefined ? undefined : wholeNumber('--port', values.port, { most: 65_535 }),
    seed: wholeNumber('--seed', values.seed, { most: 2 ** 32 - 1 }),
    skip: values.skip,
    settings: parseSettings(values.set),
    assembly: values.assembly,
  };
  const app = appOf(values, project);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(signal));
  const progress = createProgress(process.stderr, { verbose: values.verbose });
  const out = (text: string) => void process.stdout.write(`${text}\n`);
  // Before the synthesis: a second one in the same folder would take away what the first one runs.
  const ground = await openGround({ stateDir, port: options.port, log: progress.log });
  const watches = !values['no-watch'] && values.assembly === undefined;
  const watching = watches ? 'Changes of sources are followed.\n' : '';
  const session = new Session({
    ...options,
    stateDir,
    app,
    ground,
    progress,
    signal: stop.signal,
    prepare: (assembly) => setUpEngines(assembly, { project, install: values.yes ?? false, signal: stop.signal }),
    started: async (platform) => {
      const running = await recordRunning(platform, stateDir);
      out(`\n${summary(platform, running, stateDir)}\n${watching}Ctrl-C ends everything.`);
    },
    say: out,
  });
  try {
    await session.start();
    if (watches) session.watch();
    await aborted(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    forgetRunning(stateDir);
    if (stop.signal.aborted) await progress.phase('ending', () => session.end());
    else await session.end();
    await ground.close();
  }
  return stop.signal.reason === 'SIGINT' ? INTERRUPTED : 0;
}

async function showPlan(values: Options, project: string, out: (text: string) => void): Promise<number> {
  const app = appOf(values, project);
  const directory = values.assembly ?? path.join(app.project, 'cdk.out/local');
  if (values.assembly === undefined) await synthesizeIfChanged({ ...app, directory, context: CONTEXT });
  const { text, refused } = plan(readCloudAssembly(directory), values.skip);
  out(text);
  return refused > 0 ? 1 : 0;
}

/** The app that is asked for: of this folder, or an example. */
function appOf({ example, assembly }: Options, project: string): AppSource {
  if (example === undefined) return { project };
  if (assembly !== undefined) throw new UsageError("'--example' and '--assembly' are two apps; give one of them");
  return exampleSource(project, example);
}

function connectable(name: string): Connectable {
  const found = CONNECTABLE.find((each) => each === name);
  if (!found) throw new UsageError(`'--connect' must be one of ${CONNECTABLE.join(', ')}, got: '${name}'`);
  return found;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
