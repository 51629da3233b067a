import * as fs from 'node:fs';
import { appOf, type Preset, presets } from '../policies/presets';
import { readAssembly, type StackArtifact } from './assembly';
import { deploymentProblems, neighbourProblems } from './deployment';
import { playTwoRegions } from './play';
import type { Problem } from './problem';
import { updateProblems } from './updates';

/** `npm run check:deploy`: plays the deployment of every stage and preset, without an account. */
function main(): string[] {
  // The stage `local` is never deployed.
  const { local: _, ...first } = presets(false);
  const protectedLater = presets(true);
  const problems: string[] = [];
  const note = (what: string, found: readonly Problem[]): void => {
    problems.push(...found.map(({ rule, address, text }) => `${what}: ${rule}: ${address}: ${text}`));
  };
  const apps = new Map(Object.entries(first).map(([name, preset]) => [name, stacksOf(preset)]));
  for (const [name, stacks] of apps) {
    note(name, deploymentProblems(stacks));
    note(`${name} in two regions`, playTwoRegions(stacks));
    note(`${name}, protected later`, updateProblems(stacks, stacksOf(protectedLater[name] as Preset)));
  }
  note('dev and prod in one account', neighbourProblems(apps.get('dev') ?? [], apps.get('prod') ?? []));
  const count = [...apps.values()].reduce((sum, stacks) => sum + stacks.length, 0);
  console.log(`${apps.size} apps of ${count} stacks played, ${problems.length} problems`);
  return problems;
}

function stacksOf(preset: Preset): StackArtifact[] {
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
