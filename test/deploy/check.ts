import * as fs from 'node:fs';
import { appOf, PRESETS } from '../policies/presets';
import { readAssembly, type StackArtifact } from './assembly';
import { deploymentProblems, neighbourProblems } from './deployment';
import { playTwoRegions } from './play';
import type { Problem } from './problem';

/** `npm run check:deploy`: plays the deployment of every stage and preset, without an account. */
function main(): string[] {
  const apps = new Map(Object.keys(PRESETS).map((name) => [name, stacksOf(name)]));
  const problems: string[] = [];
  const note = (what: string, found: readonly Problem[]): void => {
    problems.push(...found.map(({ rule, address, text }) => `${what}: ${rule}: ${address}: ${text}`));
  };
  // The stage `local` is never deployed.
  const deployed = [...apps].filter(([name]) => name !== 'local');
  for (const [name, stacks] of deployed) {
    note(name, deploymentProblems(stacks));
    note(`${name} in two regions`, playTwoRegions(stacks));
  }
  note('dev and prod in one account', neighbourProblems(apps.get('dev') ?? [], apps.get('prod') ?? []));
  const count = deployed.reduce((sum, [, stacks]) => sum + stacks.length, 0);
  console.log(`${deployed.length} apps of ${count} stacks played, ${problems.length} problems`);
  return problems;
}

function stacksOf(name: string): StackArtifact[] {
  const preset = PRESETS[name];
  if (!preset) throw new RangeError(`there is no preset '${name}'`);
  const { directory } = appOf(preset).app.synth();
  const stacks = readAssembly(directory);
  fs.rmSync(directory, { recursive: true });
  return stacks;
}

/** Lines that one rule may have; the others say the same of another resource. */
const LINES = 5;

const problems = main();
const shown = new Map<string, number>();
for (const problem of problems) {
  const rule = problem.split(': ').slice(0, 2).join(': ');
  const count = (shown.get(rule) ?? 0) + 1;
  shown.set(rule, count);
  if (count <= LINES) console.error(problem);
}
for (const [rule, count] of shown) if (count > LINES) console.error(`${rule}: and ${count - LINES} more`);
process.exitCode = problems.length > 0 ? 1 : 0;
