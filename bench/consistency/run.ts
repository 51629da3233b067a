import * as fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from './ablations';
import { type FaultCounts, Faults } from './faults';
import { ITEMS } from './items';
import { purgesOf, readsOf } from './journal';
import { judge, type Verdict } from './oracle';
import type { Progress } from './participant';
import { bundle, ProcessPool } from './process-pool';
import type { Testbed } from './testbed';

export interface RunOptions {
  readonly reads: number;
  readonly seed: number;
  /** False runs plain cache-aside instead of the library. */
  readonly guard: boolean;
  readonly without?: Part;
  readonly promotion: boolean;
  readonly failovers: boolean;
  readonly readers?: number;
  readonly writers?: number;
  /** Ends a run that doesn't come to its reads, in milliseconds; what was read is judged. */
  readonly limitMs: number;
  log(line: string): void;
}

export interface RunResult extends Verdict, FaultCounts, Omit<Progress, 'reads' | 'purges'> {
  readonly seed: number;
  readonly seconds: number;
  /** The longest time from the promotion of a replica to the end of the replay, in milliseconds. */
  readonly replayMs: number;
}

/** Reads for each purge, at most. */
const READS_PER_PURGE = 20;
/** Reads or writes that one process runs at once: enough that those which wait for a load don't hold up the others. */
const CONCURRENCY = { reader: 32, writer: 8 };
/**
 * Shortest duration of a run whose guard lacks a part, in milliseconds: only faults show that, however fast the machine reads.
 */
const WITHOUT_MS = 45_000;
const TURN_MS = 100;
const SAY_MS = 5000;

let runs = 0;

/** Runs readers, writers and faults until enough was read and purged, and judges what they wrote down. */
export async function run(testbed: Testbed, options: RunOptions): Promise<RunResult> {
  const { seed, guard, without, promotion, failovers, log } = options;
  const namespace = `run-${++runs}`;
  await prepare(testbed);
  const { credentials, database, folder } = testbed;
  const processes = new ProcessPool(
    bundle(folder),
    folder,
    seed,
    {
      credentials,
      database,
      namespace,
      concurrency: CONCURRENCY,
      guard,
      ...(without && { without }),
    },
    testbed,
  );
  const allPurges = () => processes.journals.writer.filter((file) => fs.existsSync(file)).flatMap(purgesOf);
  const started = performance.now();
  const done = () => {
    const { reads, purges } = processes.progress();
    const long = without ? (performance.now() - started) / WITHOUT_MS : 1;
    return Math.min(reads / options.reads, (purges * READS_PER_PURGE) / options.reads, long);
  };
  const faults = new Faults(testbed, processes, {
    seed,
    namespace,
    promotion,
    failovers,
    // On a machine that is too slow for its reads the promotion comes at half of the time.
    done: () => Math.max(done(), (performance.now() - started) / options.limitMs),
    recentPurges: (since) => allPurges().filter((purge) => purge.at >= since),
  });
  let said = started;
  try {
    for (let n = 0; n < (options.readers ?? 3); n++) processes.start('reader');
    for (let n = 0; n < (options.writers ?? 2); n++) processes.start('writer');
    faults.start();
    while ((done() < 1 || faults.pending) && !faults.failure) {
      await sleep(TURN_MS);
      // Somewhat more than needed, so that the reads are what a run ends with.
      processes.balance(READS_PER_PURGE * 0.9);
      const now = performance.now();
      if (now - started > options.limitMs) {
        log(`stopped after ${options.limitMs / 1000} s, before all was read`);
        break;
      }
      if (now - said > SAY_MS) {
        said = now;
        log(`${Math.round((now - started) / 1000)} s: ${JSON.stringify(processes.progress())}`);
      }
    }
  } finally {
    await faults.end();
    await processes.end();
  }
  if (faults.failure) throw faults.failure;
  const seconds = (performance.now() - started) / 1000;
  const verdict = judge(allReads(processes), allPurges(), faults.failovers);
  const { reads: _, purges: __, ...progress } = processes.progress();
  const replays = faults.failovers.map(({ promotedAt, replayedAt }) => (replayedAt - promotedAt) / 1000);
  return { ...verdict, ...progress, ...faults.counts, seed, seconds, replayMs: Math.max(0, ...replays) };
}

function* allReads(processes: ProcessPool) {
  for (const file of processes.journals.reader) if (fs.existsSync(file)) yield* readsOf(file);
}

async function prepare(testbed: Testbed): Promise<void> {
  const { primary } = testbed.roles;
  const { username } = testbed.database;
  await testbed.sql(primary, 'CREATE TABLE IF NOT EXISTS item (id int PRIMARY KEY, n int NOT NULL)');
  await testbed.sql(primary, `GRANT SELECT, UPDATE ON item TO ${username}`);
  await testbed.sql(primary, 'INSERT INTO item SELECT id, 0 FROM generate_series(0, $1::int) id ON CONFLICT DO NOTHING', [
    ITEMS.length - 1,
  ]);
}
