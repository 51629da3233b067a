import { type RunOptions, type RunResult, run } from '../../bench/consistency/run';
import { startTestbed, type Testbed } from '../../bench/consistency/testbed';

/** The short form of `npm run bench -- consistency`: the same processes, faults and oracle, for a few seconds. */
let testbed: Testbed;

beforeAll(async () => {
  testbed = await startTestbed();
});
afterAll(() => testbed?.dispose());

const short = (options: Partial<RunOptions>): Promise<RunResult> =>
  run(testbed, {
    reads: 3000,
    seed: 20261121,
    guard: true,
    promotion: false,
    failovers: false,
    readers: 2,
    writers: 1,
    limitMs: 20_000,
    log: () => {},
    ...options,
  });

test('plain cache-aside serves what was purged, and the oracle sees it', async () => {
  // A machine that is many times slower comes to a few hundred reads in that time.
  let violations = 0;
  for (let seed = 20261121; seed < 20261127 && violations === 0; seed++) {
    violations = (await short({ guard: false, seed })).violations;
  }
  expect(violations).toBeGreaterThan(0);
});

test('no hit is older than a purge that had returned, whatever is killed, frozen, paused, moved or promoted', async () => {
  const result = await short({ promotion: true });
  expect(result.examples).toEqual([]);
  expect(result).toMatchObject({ violations: 0, promotions: 1 });
  expect(result.hits).toBeGreaterThan(0);
  expect(result.purges).toBeGreaterThan(0);
});
