import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Sources } from './sources';

/** Sources of an app. */
export interface AppSource {
  /** Folder with `cdk.json`. */
  readonly project: string;
  /** Folder that holds everything that the app is made of. @default - that of `cdk.json` */
  readonly sources?: string;
  /** Variables on top of this process's, for the app's command. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface SynthesizeOptions extends AppSource {
  /** Folder of the cloud assembly; emptied before. */
  readonly directory: string;
  /** Context on top of that of `cdk.json`, such as the stage. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Aborts the command. */
  readonly signal?: AbortSignal;
}

/** Beside the manifest: the hash of what the assembly was synthesized from. */
const STAMP = '.sources';

/**
 * Like {@link synthesize}, but leaves an assembly alone that was synthesized from the same files and context.
 * @returns whether the app was run.
 */
export async function synthesizeIfChanged(options: SynthesizeOptions): Promise<boolean> {
  const { project, sources = project, directory, context } = options;
  const stamp = path.join(directory, STAMP);
  const hash = new Sources(sources).hash(context);
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === hash) return false;
  await synthesize(options);
  fs.writeFileSync(stamp, hash);
  return true;
}

/**
 * Runs the app as the CDK CLI does: the command in `cdk.json`, with context and output directory in its environment.
 * @throws {Error} with what the command wrote, where it fails.
 */
export async function synthesize(options: SynthesizeOptions): Promise<void> {
  const { project, directory, context = {}, environment, signal } = options;
  const { app, build, context: ofProject } = readConfig(project);
  const command = build === undefined ? app : `${build} && ${app}`;
  fs.rmSync(directory, { recursive: true, force: true });
  fs.mkdirSync(path.dirname(directory), { recursive: true });

  const child = spawn(command, {
    cwd: project,
    shell: true,
    // A group of its own, so that an end reaches what the shell has started.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...environment,
      PATH: [path.join(project, 'node_modules/.bin'), process.env.PATH].join(path.delimiter),
      CDK_OUTDIR: directory,
      // The rules of CloudFormation are for a synthesis that is deployed; they take seconds.
      CDK_VALIDATION: 'false',
      CDK_CONTEXT_JSON: JSON.stringify({ ...ofProject, ...context }),
    },
  });
  const abort = () => process.kill(-child.pid!, 'SIGTERM');
  signal?.addEventListener('abort', abort, { once: true });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk) => output.push(chunk));
  child.stderr.on('data', (chunk) => output.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  signal?.removeEventListener('abort', abort);
  signal?.throwIfAborted();
  if (code !== 0) throw new Error(`'${command}' failed with exit code ${code}:\n${Buffer.concat(output).toString().trimEnd()}`);
}

/** The part of `cdk.json` by which an app is run, with the context that lookups have left in `cdk.context.json`. */
function readConfig(project: string) {
  const file = path.join(project, 'cdk.json');
  if (!fs.existsSync(file)) {
    throw new Error(
      `there is no cdk.json in '${project}'; go to the app's folder, or begin one with: npx cachement init --template store`,
    );
  }
  const read = (name: string) => {
    try {
      return JSON.parse(fs.readFileSync(path.join(project, name), 'utf8'));
    } catch (error) {
      throw new Error(`${name} must be JSON; ${(error as Error).message}`, { cause: error });
    }
  };
  const { app, build, context } = read('cdk.json') as { app?: string; build?: string; context?: Record<string, unknown> };
  if (!app) throw new Error(`'app' is missing in '${file}'; it is the command that synthesizes the app`);
  return {
    app,
    build,
    context: { ...(fs.existsSync(path.join(project, 'cdk.context.json')) && read('cdk.context.json')), ...context },
  };
}
