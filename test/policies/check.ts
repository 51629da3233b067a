import * as fs from 'node:fs';
import { ACKNOWLEDGEMENTS } from './acknowledgements';
import { type Finding, findingsOf, reportedBy } from './findings';
import { appOf, PRESETS } from './presets';
import { review } from './review';

/** `npm run check:policies`: every preset against every pack, and against the CDK's own rules, of which warnings count too. */
function main(): string[] {
  const findings = new Map<string, readonly Finding[]>();
  const problems: string[] = [];
  for (const [name, preset] of Object.entries(PRESETS)) {
    const { app } = appOf(preset, true);
    const directory = app.synth().directory;
    problems.push(...reportedBy(directory).map((problem) => `${name}: ${problem}`));
    fs.rmSync(directory, { recursive: true });
    findings.set(name, findingsOf(app, preset));
  }
  problems.push(...review(findings, ACKNOWLEDGEMENTS));
  const count = [...findings.values()].reduce((sum, found) => sum + found.length, 0);
  console.log(`${findings.size} presets, ${count} findings, ${problems.length} of them neither mended nor acknowledged`);
  return problems;
}

const problems = main();
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
