import * as fs from 'node:fs';
import * as path from 'node:path';
import { PatternCluster } from './patterns/cluster';

/** One cluster for the cases of every pattern, each in a file of its own; `-t NAME` runs those of one. */
const folder = path.join(__dirname, 'patterns');
const patterns = fs
  .readdirSync(folder)
  .map((file) => path.basename(file, '.ts'))
  .filter((name) => name !== 'cluster');

let cluster: PatternCluster;

beforeAll(async () => {
  cluster = await PatternCluster.start();
});
afterAll(() => cluster.dispose());

describe.each(patterns)('%s', (name) => {
  beforeAll(() => cluster.settled());
  const { cases } = require(path.join(folder, name)) as { cases(cluster: () => PatternCluster): void };
  cases(() => cluster);
});
