import { presets } from '../policies/presets';
import { addToOf, APPS as OTHERS_APPS } from '../support/apps';
import { APPS, stacksOf } from './apps';
import { readStacks, type StackArtifact } from './assembly';
import { deploymentProblems, neighbourProblems } from './deployment';
import { RELEASED, releaseFile } from './keep-release';
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
  const adding = {
    ...APPS,
    ...Object.fromEntries(OTHERS_APPS.map((name) => [name, addToOf(name)])),
    ...Object.fromEntries(Object.entries(first).map(([name, { addTo }]) => [name, addTo])),
  };
  const apps = new Map(Object.entries(adding).map(([name, addTo]) => [name, stacksOf(addTo)]));
  for (const [name, stacks] of apps) {
    note(name, deploymentProblems(stacks));
    note(`${name} in two regions`, playTwoRegions(stacks));
    const later = protectedLater[name];
    if (later) note(`${name}, protected later`, updateProblems(stacks, stacksOf(later.addTo)));
  }
  for (const name of RELEASED)
    note(`${name}, from the last release`, updateProblems(readStacks(releaseFile(name)), apps.get(name) ?? []));
  for (const [what, first, second] of neighbours(apps)) note(what, neighbourProblems(first, second));
  const count = [...apps.values()].reduce((sum, stacks) => sum + stacks.length, 0);
  console.log(`${apps.size} apps of ${count} stacks played, ${problems.length} problems`);
  return problems;
}

/** Apps, or stacks of one, that share an account and know nothing of each other. */
function neighbours(
  apps: ReadonlyMap<string, readonly StackArtifact[]>,
): Array<[what: string, readonly StackArtifact[], readonly StackArtifact[]]> {
  const of = (name: string): readonly StackArtifact[] => apps.get(name) ?? [];
  return [
    ['dev and prod in one account', of('dev'), of('prod')],
    ...Object.keys(APPS)
      .filter((name) => of(name).length > 1 && of(name).every(({ dependencies }) => dependencies.length === 0))
      .map((name): [string, readonly StackArtifact[], readonly StackArtifact[]] => [
        `${name}, one of which goes`,
        of(name).slice(0, 1),
        of(name).slice(1),
      ]),
  ];
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
