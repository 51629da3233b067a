import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { synthesize } from '../../local/assembly/synthesize';
import { replacements, type Template, type Templates } from './compare';

const project = path.resolve(__dirname, '../..');

/**
 * `npm run check:replacements -- --base REF [--stage prod]`: fails where a deployment over REF would replace something stateful.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { base: { type: 'string' }, stage: { type: 'string', default: 'prod' } } });
  const { base, stage } = values;
  if (!base)
    throw new Error("which commit is deployed? npm run check:replacements -- --base REF [--stage prod], such as '--base main'");
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'replacements-'));
  const worktree = path.join(folder, 'base');
  const git = (...words: string[]) => execFileSync('git', ['-C', project, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    git('worktree', 'add', '--detach', worktree, base);
    // The packages of this checkout: another version of the CDK is a change of its own, and shows as one.
    fs.symlinkSync(path.join(project, 'node_modules'), path.join(worktree, 'node_modules'));
    const before = await templates(worktree, path.join(folder, 'before'), stage);
    const after = await templates(project, path.join(folder, 'after'), stage);
    const lost = replacements(before, after);
    for (const line of lost) console.error(line);
    console.log(`stage ${stage} over ${base}: ${before.size} stacks, ${lost.length} of what must stay would not`);
    process.exitCode = lost.length > 0 ? 1 : 0;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
    git('worktree', 'prune');
  }
}

async function templates(from: string, directory: string, stage: string): Promise<Templates> {
  await synthesize({ project: from, directory, context: { stage } });
  const found = new Map<string, Template>();
  for (const name of fs.readdirSync(directory)) {
    if (!name.endsWith('.template.json')) continue;
    found.set(name.slice(0, -'.template.json'.length), JSON.parse(fs.readFileSync(path.join(directory, name), 'utf8')));
  }
  return found;
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
