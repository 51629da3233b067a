import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { type Benchmark, median, round } from '../support/benchmark';

const project = path.resolve(__dirname, '../..');

/** Rounds of every app in turn; each figure is the median of its rounds. */
const ROUNDS = 5;

/** Bars of a stack: CloudFormation's own limits are 500 resources and 1 MB. */
const MAX_RESOURCES = 400;
const MAX_BYTES = 800_000;

/**
 * Time to synthesize a stage, as a multiple of an app with one empty stack on the same CDK, in the same run: both as
 * a process of its own, with prebuilt functions, without packs and without the CDK's validation. The time with validation is
 * given beside it.
 */
export const benchmark: Benchmark = async ({ options, log }) => {
  const stage = options.stage ?? 'prod';
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-synth-'));
  const run = (app: string, validation: boolean): number => {
    const directory = path.join(folder, `${path.basename(app, '.ts')}${validation ? '-validated' : ''}`);
    fs.rmSync(directory, { recursive: true, force: true });
    return synthesize(app, directory, stage, validation);
  };
  const empty = path.join(__dirname, 'empty-app.ts');
  const whole = path.join(project, 'bin/cachement.ts');
  try {
    const times = { empty: [] as number[], whole: [] as number[], validated: [] as number[] };
    // The first of each reads everything from disk.
    run(empty, false);
    run(whole, false);
    for (let turn = 0; turn < ROUNDS; turn++) {
      times.empty.push(run(empty, false));
      times.whole.push(run(whole, false));
      times.validated.push(run(whole, true));
      log(
        `round ${turn + 1}: empty ${round(times.empty[turn]!)} ms, ${stage} ${round(times.whole[turn]!)} ms, validated ${round(times.validated[turn]!)} ms`,
      );
    }
    const stacks = sizes(path.join(folder, 'cachement'));
    for (const [name, { resources, bytes }] of Object.entries(stacks)) log(`${name}: ${resources} resources, ${bytes} bytes`);
    const tooLarge = Object.entries(stacks).filter(([, size]) => size.resources > MAX_RESOURCES || size.bytes > MAX_BYTES);
    if (tooLarge.length > 0) {
      throw new Error(`a stack may have ${MAX_RESOURCES} resources and ${MAX_BYTES} bytes, got: ${JSON.stringify(tooLarge)}`);
    }
    const synthVsEmpty = round(median(times.whole) / median(times.empty));
    log(`${stage} takes ${synthVsEmpty} times as long as an empty app`);
    return {
      synthVsEmpty,
      emptyMs: round(median(times.empty)),
      synthMs: round(median(times.whole)),
      withValidationMs: round(median(times.validated)),
      stacks,
    };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
};

/** @returns milliseconds. */
function synthesize(app: string, directory: string, stage: string, validation: boolean): number {
  const { context } = JSON.parse(fs.readFileSync(path.join(project, 'cdk.json'), 'utf8'));
  const from = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', app], {
    cwd: project,
    env: {
      ...process.env,
      CDK_OUTDIR: directory,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, stage }),
      ...(validation ? {} : { CDK_VALIDATION: 'false' }),
    },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${app} failed:\n${stderr}`);
  return Number(process.hrtime.bigint() - from) / 1e6;
}

function sizes(directory: string): Record<string, { resources: number; bytes: number }> {
  return Object.fromEntries(
    fs
      .readdirSync(directory)
      .filter((name) => name.endsWith('.template.json'))
      .map((name) => {
        const text = fs.readFileSync(path.join(directory, name), 'utf8');
        const { Resources = {} } = JSON.parse(text);
        return [
          name.slice(0, -'.template.json'.length),
          { resources: Object.keys(Resources).length, bytes: Buffer.byteLength(text) },
        ];
      }),
  );
}
