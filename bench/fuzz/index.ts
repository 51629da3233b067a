import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Benchmark } from '../support/benchmark';

/** Tests whose rounds `FUZZ_ROUNDS` sets: their files take choices from test/support/fuzz. */
const FILES = 'fuzz|names-from-outside';

/** Rounds of each fuzz in one run: minutes, where the tests' own take seconds. */
const ROUNDS = 5_000;

interface Report {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/**
 * `npm run bench -- fuzz [--json] [--runs 3] [--rounds 5000] [--seed N]`: the fuzz tests of names from outside and of malformed
 * HTTP, with more rounds and a seed of their own in each run. A seed that fails is printed; `FUZZ_SEED` and `FUZZ_ROUNDS` repeat
 * it in a test.
 */
export const benchmark: Benchmark = async ({ options, log }) => {
  const [runs, rounds] = [Number(options.runs ?? 3), Number(options.rounds ?? ROUNDS)];
  const first = Number(options.seed ?? Date.now() % 2 ** 31);
  const failed: { seed: number; test: string }[] = [];
  let passed = 0;
  for (let seed = first; seed < first + runs; seed += 1) {
    const report = await run(seed, rounds);
    passed += report.numPassedTests;
    const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
    const broken = tests.filter(({ status }) => status === 'failed').map(({ fullName }) => ({ seed, test: fullName }));
    failed.push(...broken);
    log(`seed ${seed}, ${rounds} rounds: ${report.numPassedTests} passed, ${broken.length} failed`);
    for (const { test } of broken) log(`  ${test}`);
  }
  return { runs, rounds, passed, failed };
};

/** @throws {Error} where jest itself fails. */
async function run(seed: number, rounds: number): Promise<Report> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fuzz-'));
  const file = path.join(folder, 'report.json');
  const jest = path.join(path.dirname(require.resolve('jest/package.json')), 'bin/jest.js');
  const limit = `--testTimeout=${60_000 + rounds * 100}`;
  const selected = ['--selectProjects', 'unit', 'integration', '--testPathPatterns', FILES];
  const env = { ...process.env, FUZZ_SEED: String(seed), FUZZ_ROUNDS: String(rounds) };
  const child = spawn(process.execPath, [jest, ...selected, '--json', `--outputFile=${file}`, limit], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    await new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject));
    if (!fs.existsSync(file)) throw new Error(`jest wrote no report; its output is above`);
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
