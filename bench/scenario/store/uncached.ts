import * as fs from 'node:fs';
import * as path from 'node:path';
import { Client } from 'pg';
import { synthesize } from '../../../local/assembly/synthesize';
import { exampleSource } from '../../../local/dev/example';
import { startTestPlatform } from '../../../test/support/platform';
import type { ScenarioRun } from '../scenario';
import { growStore } from './data';

const ROOT = path.resolve(__dirname, '../../..');

/** The page of a product as it would be without a cache: the query, and nothing kept. */
const PAGE = `const getPage: Handler = async ({ parameters }) => {
  const found = await loadProductWithReviews(database.readers[0] ?? database.writer, productId(parameters.id));
  if (!found) throw new Problem(404, 'there is nothing at this path');
  return { ...uncached(200, undefined, { 'content-type': 'text/html; charset=utf-8' }), body: renderProduct(found) };
};
`;

/** Edits that take the cache away from the page of a product. */
const EDITS: readonly (readonly [file: string, from: RegExp, to: string])[] = [
  ['routes.ts', /(path: '\/pages\/products\/\{id\}',\n) {2}freshness,\n {2}tags: \[[^\]]*\],\n/, '$1'],
  ['functions/reader.ts', /const getPage: Handler = [\s\S]*?\n\};\n/, PAGE],
];

/** Runs the shop once more, without a cache before the pages of products, while `use` has its edge; with the same data. */
export async function withUncached<T>(run: ScenarioRun, settings: object, use: (edge: string) => Promise<T>): Promise<T> {
  run.note('starting the shop without a cache');
  const source = exampleSource(ROOT, 'store');
  const project = path.join(ROOT, '.cachement/scenario/store-uncached');
  fs.rmSync(project, { recursive: true, force: true });
  const isSource = (file: string) => !/^(cdk\.out|node_modules)/.test(path.relative(source.project, file));
  fs.cpSync(source.project, project, { recursive: true, filter: isSource });
  for (const [file, from, to] of EDITS) {
    const text = fs.readFileSync(path.join(project, file), 'utf8');
    if (!from.test(text)) throw new Error(`examples/store/${file} has nothing that matches ${from}`);
    fs.writeFileSync(path.join(project, file), text.replace(from, to));
  }
  const directory = `${project}.out`;
  await synthesize({ ...source, project, directory, context: { stage: 'local' } });
  const platform = await startTestPlatform({ assembly: directory, seed: run.seed, settings });
  try {
    const name = (await platform.engines.processes()).find(({ kind }) => kind === 'postgres-primary')!.name;
    const primary = new Client(platform.engines.databaseAdministrator(name));
    await primary.connect();
    await growStore({ ...run, primary }).finally(() => primary.end());
    return await use(platform.urls.edge!);
  } finally {
    await platform.dispose();
  }
}
