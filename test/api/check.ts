import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { patternNames } from '../support/pattern-names';
import { documentationProblems, unsaidErrors } from './documented';
import { jsiiProblems } from './jsii';
import { compile, type EntryPoint, type ReportOptions, reportProblems } from './report';
import { exportsOf, ts } from './typescript';

/**
 * `npm run check:api`: the public API is as it was reviewed, documented, and fit for other languages. `-- --update` writes the
 * reports.
 */
const root = path.resolve(__dirname, '../..');
const state = path.join(root, '.cachement');
fs.mkdirSync(state, { recursive: true });
/** Declarations of this run, within the repository, since they import packages. */
const declarations = fs.mkdtempSync(path.join(state, 'declarations-'));
process.on('exit', () => fs.rmSync(declarations, { recursive: true, force: true }));
const options: Omit<ReportOptions, 'known'> = {
  root,
  reports: path.join(root, 'docs/api'),
  temporary: path.join(state, 'api'),
  update: process.argv.includes('--update'),
};

/** Types that only the runtime itself passes to its constructors: users get such objects from `Cache`, and never make one. */
const INTERNAL = [
  'MemoryTier',
  'Keyspace',
  'ReadRequest',
  'ReadPath',
  'ReadPathParts',
  'NamespaceParts',
  'CacheInternals',
  'BehindRequest',
  'BehindParts',
];

/** Entry points of package.json, as files in the folder of declarations. */
function entryPoints(): EntryPoint[] {
  const { exports } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  return Object.entries<{ types?: string }>(exports).flatMap(([name, { types }]) =>
    (name.includes('*') ? patternNames(root) : [name]).flatMap((part) =>
      types
        ? [
            {
              name: path.posix.join('cachement', name.replace('*', part)).replaceAll('/', '-'),
              file: path.join(declarations, types.replace('./dist/', '').replace('*', part)),
            },
          ]
        : [],
    ),
  );
}

function main(): string[] {
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const words = ['-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', declarations];
  const emitted = spawnSync(process.execPath, [tsc, ...words], { cwd: root, stdio: 'inherit' });
  if (emitted.status !== 0) return ['tsc found errors: they are above'];
  fs.mkdirSync(options.temporary, { recursive: true });
  fs.mkdirSync(options.reports, { recursive: true });

  const all = entryPoints();
  const compiled = compile(all, { ...options, known: new Set() });
  const program = compiled.program as ts.Program;
  const checker = program.getTypeChecker();
  const isOwn = (file: ts.SourceFile) => path.resolve(file.fileName).startsWith(`${declarations}${path.sep}`);
  const problems: string[] = [];
  const names = new Map<string, Set<string>>();
  const exportedBy = new Map(all.map((entryPoint) => [entryPoint, exportsOf(checker, program.getSourceFile(entryPoint.file)!)]));
  const known = new Set([...INTERNAL, ...[...exportedBy.values()].flat().map(({ name }) => name)]);
  for (const [entryPoint, exported] of exportedBy) {
    problems.push(...reportProblems(entryPoint, all, compiled, { ...options, known }));
    problems.push(...documentationProblems(checker, exported, isOwn));
    if (entryPoint.name === 'cachement')
      problems.push(...jsiiProblems(checker, exported, isOwn).map((problem) => `jsii: ${problem}`));
    for (const { name, symbol } of exported) {
      for (const declaration of symbol.declarations ?? []) {
        const file = declaration.getSourceFile();
        if (isOwn(file)) names.set(file.fileName, (names.get(file.fileName) ?? new Set()).add(name));
      }
    }
  }
  for (const [file, own] of names) {
    const source = path.join(root, path.relative(declarations, file).replace(/\.d\.ts$/, '.ts'));
    problems.push(
      ...unsaidErrors(ts.createSourceFile(source, fs.readFileSync(source, 'utf8'), ts.ScriptTarget.ES2022, true), own),
    );
  }
  const exportsCount = [...names.values()].reduce((sum, own) => sum + own.size, 0);
  const found = [...new Set(problems)];
  console.log(`${all.length} entry points, ${exportsCount} exports, ${found.length} problems`);
  return found;
}

const problems = main();
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
