import { PatternCluster } from './patterns/cluster';
import { cases as runScript } from './patterns/run-script';

/** One cluster for the cases of every pattern, each in a file of its own; `-t NAME` runs those of one. */
const PATTERNS: Readonly<Record<string, (cluster: () => PatternCluster) => void>> = { 'run-script': runScript };

let cluster: PatternCluster;

beforeAll(async () => {
  cluster = await PatternCluster.start();
});
afterAll(() => cluster.dispose());

describe.each(Object.entries(PATTERNS))('%s', (_, cases) => cases(() => cluster));
