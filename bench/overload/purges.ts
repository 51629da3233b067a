import { spawn } from 'node:child_process';
import { commitToShared } from '../purge/latency';
import { PlatformHarness } from '../purge/platform-harness';
import { round } from '../support/benchmark';
import type { Figure } from '../support/figures';

/** Changes a second, and seconds of each measurement. */
const PER_SECOND = 100;
const SECONDS = 15;
/** Processes that take all the processor that they get. */
const BUSY = 2;

/** Purge path beside busy processes. Times are from a commit to its purge of the shared tier. */
export interface PurgesResult {
  /** Share of the changes whose writer's own purge was in time, before, beside the busy processes, and after them. */
  readonly writerPurgedBefore: number;
  readonly writerPurged: number;
  readonly writerPurgedAfter: number;
  /** Median time before, beside them, and after, in milliseconds. */
  readonly commitToSharedBeforeMs: number;
  readonly commitToSharedMs: number;
  readonly commitToSharedAfterMs: number;
  /** Median time after them, for each millisecond of the one before. */
  readonly afterVsBefore: number;
  /** Changes whose purge never reached the shared tier. */
  readonly purgesLost: number;
}

export const PURGES: readonly Figure[] = [
  { key: 'writerPurged', what: "writers' own purges in time, beside two busy processes", atLeast: 0.5 },
  { key: 'purgesLost', what: 'changes whose purge never reached the shared tier', atMost: 0 },
  // Twice: on one or two processors the median of a quiet machine varies by as much.
  { key: 'afterVsBefore', what: 'commit to shared 5 s after the end of the overload, against before it', atMost: 2 },
];

/** Runs the purge path at 100 changes a second: alone, beside two busy processes, and once they have ended. */
export async function purgesBesideBusyProcesses(): Promise<PurgesResult> {
  const harness = await PlatformHarness.start({ settings: { events: { latencyMs: 0, duplicateProbability: 0 } } });
  try {
    const measure = () => commitToShared(harness, { seconds: SECONDS, perSecond: PER_SECOND });
    const before = await measure();
    const busy = Array.from({ length: BUSY }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
    const beside = await measure().finally(() => {
      for (const each of busy) each.kill('SIGKILL');
    });
    // Its warm-up is the time that it has to recover.
    const after = await measure();
    const { rows } = await harness.administrator.query<{ count: number }>(
      `SELECT count(*)::integer AS count FROM cachement.purge WHERE NOT EXISTS
       (SELECT FROM cachement.purge_step AS s WHERE s.purge_id = purge.purge_id AND s.step = 'shared')`,
    );
    return {
      writerPurgedBefore: round(before.writerPurged),
      writerPurged: round(beside.writerPurged),
      writerPurgedAfter: round(after.writerPurged),
      commitToSharedBeforeMs: before.commitToSharedP50Ms,
      commitToSharedMs: beside.commitToSharedP50Ms,
      commitToSharedAfterMs: after.commitToSharedP50Ms,
      afterVsBefore: round(after.commitToSharedP50Ms / before.commitToSharedP50Ms),
      purgesLost: rows[0]?.count ?? Number.NaN,
    };
  } finally {
    await harness.dispose();
  }
}
