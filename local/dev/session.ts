import * as fs from 'node:fs';
import * as path from 'node:path';
import { type CloudAssembly, readCloudAssembly } from '../assembly';
import { Sources } from '../assembly/sources';
import { type AppSource, synthesize, synthesizeIfChanged } from '../assembly/synthesize';
import { type Platform, type PlatformOptions, startPlatform } from '../platform';
import type { Progress } from '../progress';
import { changeOf } from './changes';
import { watchSources } from './watch';

/** Context of a synthesis for this machine. */
export const CONTEXT = { stage: 'local' };

export interface SessionOptions extends Omit<PlatformOptions, 'assembly' | 'progress' | 'signal'> {
  readonly app: AppSource;
  /** Assembly to run as it is. @default - the app, synthesized */
  readonly assembly?: string;
  readonly progress: Progress;
  /** Ends the session. */
  readonly signal: AbortSignal;
  /** Called before the first start with what is going to run. */
  prepare?(assembly: CloudAssembly): Promise<void>;
  /** Called when a platform runs, at first and whenever another one has taken its place. */
  started(platform: Platform): Promise<void>;
  /** Says one line to a person. */
  say(line: string): void;
}

/** An app, as it runs on this machine while its sources change. */
export class Session {
  readonly #options: SessionOptions;
  readonly #sources: Sources;
  #platform: Platform | undefined;
  #assembly: CloudAssembly | undefined;
  #endWatch: (() => void) | undefined;
  /** Of what runs, or of what was tried last. */
  #hash = '';
  #generation = 0;
  /** False where a replacement has failed, and nothing but engines runs. */
  #isRunning = true;
  #updating: Promise<void> | undefined;
  #again = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#sources = new Sources(options.app.sources ?? options.app.project);
  }

  /** Synthesizes the app where that is needed, and runs it. @throws {Error} where either fails. */
  async start(): Promise<void> {
    const { app, progress, signal, assembly: given } = this.#options;
    const directory = given ?? path.join(app.project, 'cdk.out/local');
    fs.rmSync(this.#next, { recursive: true, force: true });
    if (given === undefined) {
      // Before the synthesis: what changes meanwhile is seen when the watch begins.
      this.#hash = this.#sources.hash(CONTEXT);
      await progress.phase('synthesizing the app', () => synthesizeIfChanged({ ...app, directory, context: CONTEXT, signal }));
      this.#hash = this.#sources.hash(CONTEXT);
    }
    this.#assembly = readCloudAssembly(directory);
    await this.#options.prepare?.(this.#assembly);
    this.#platform = await startPlatform({ ...this.#options, assembly: directory });
    await this.#options.started(this.#platform);
  }

  /** Runs what changes of sources make of the app, from now on. */
  watch(): void {
    this.#endWatch = watchSources(this.#sources, () => this.#update());
    // What changed while it started.
    this.#update();
  }

  /** Ends everything. */
  async end(): Promise<void> {
    this.#endWatch?.();
    await this.#platform?.dispose();
    await this.#updating;
    fs.rmSync(this.#next, { recursive: true, force: true });
  }

  /** Folder of the assemblies that came after the first; each stays, since what runs may read from it at any time. */
  get #next(): string {
    return path.join(this.#options.app.project, 'cdk.out/local-next');
  }

  /** One update at a time, and another one after it for what changed meanwhile. */
  #update(): void {
    this.#again = true;
    this.#updating ??= this.#updates().finally(() => {
      this.#updating = undefined;
    });
  }

  async #updates(): Promise<void> {
    const { signal, say } = this.#options;
    while (this.#again && !signal.aborted) {
      this.#again = false;
      const hash = this.#sources.hash(CONTEXT);
      if (hash === this.#hash) continue;
      this.#hash = hash;
      try {
        await this.#apply();
      } catch (error) {
        if (signal.aborted) return;
        say(`${(error as Error).message}\n`);
        if (!this.#isRunning) say('nothing but the engines runs until a change that starts\n');
      }
    }
  }

  async #apply(): Promise<void> {
    const { app, progress, signal, say, started } = this.#options;
    const directory = path.join(this.#next, String(++this.#generation));
    await progress.phase('a source changed: synthesizing the app', () =>
      synthesize({ ...app, directory, context: CONTEXT, signal }),
    );
    const next = readCloudAssembly(directory);
    const platform = this.#platform!;
    const change = this.#isRunning ? changeOf(this.#assembly!, next) : ({ kind: 'template', stacks: [] } as const);
    if (change.kind === 'none') {
      return say("nothing that runs here is different; what the app itself writes can be named in 'watch.exclude' of cdk.json\n");
    }
    if (change.kind === 'code') {
      const names = await Promise.all(
        change.functions.map(async ({ stack, logicalId, folder }) => {
          const fn = platform.model.all().find((each) => each.stack === stack && each.logicalId === logicalId)!;
          await platform.lambda.replaceCode(platform.model.attribute(fn, 'Arn'), folder);
          return logicalId;
        }),
      );
      this.#assembly = next;
      return say(`new code: ${names.join(', ')}; what caches hold stays until it is purged\n`);
    }
    const replacement = platform.replacement(directory);
    const kept = replacement.keepsEngines ? 'but the engines starts again' : 'starts again, the engines with new data';
    say(`the template of ${change.stacks.join(', ') || 'the app'} is different: everything ${kept}`);
    this.#isRunning = false;
    this.#platform = await replacement.start();
    this.#isRunning = true;
    this.#assembly = next;
    await started(this.#platform);
  }
}
