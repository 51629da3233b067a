import { WRITES_QUEUED } from '../../lib/contract/events';
import { type Clock, systemClock } from '../runtime/clock';
import type { WriteBehind } from '../runtime/write-behind/write-behind';
import type { FlushBus } from './bus';
import { log } from './log';
import { NextRun } from './purge/next-run';

/** Options of a flusher. */
export interface FlusherOptions {
  /** Queue that flushes. It finds what dead writers have left by itself, at the start of each environment. */
  readonly behind: Pick<WriteBehind, 'flush'>;

  /**
   * Interval of flushes, in milliseconds.
   * @default 200
   */
  readonly everyMs?: number;

  /**
   * Clock; for tests.
   * @default - the system clock
   */
  readonly clock?: Clock;
}

/** Result of a run. */
export interface FlushRun {
  /** Number of writes that reached the database. */
  readonly flushed: number;
}

/** Duration of a run of the schedule, in milliseconds. */
const RUN_MS = 55_000;
/** Duration of a run after a kick: what is left until the schedule's next one, at most. */
const KICKED_MS = 5_000;

/**
 * A handler for the worker of a `WriteBehindFlusher`: flushes all the time, for 55 s, or for 5 s after a kick. What fails stays
 * queued, and is tried again.
 */
export function createFlusher({ behind, everyMs = 200, clock = systemClock }: FlusherOptions) {
  return async (event?: { readonly 'detail-type'?: string }): Promise<FlushRun> => {
    const end = clock.now() + (event?.['detail-type'] === WRITES_QUEUED ? KICKED_MS : RUN_MS);
    let flushed = 0;
    for (;;) {
      try {
        flushed += await behind.flush();
      } catch (error) {
        log.warn('queued writes were not flushed', { error });
      }
      if (clock.now() + everyMs > end) return { flushed };
      await clock.sleep(everyMs);
    }
  };
}

/**
 * Kick of the flusher, for whoever has just queued a write. Those who come while one is on its way share the next. It may be
 * lost: the schedule is the guarantee.
 */
export function flusherKick(bus: FlushBus): () => Promise<void> {
  const kicks = new NextRun<void>();
  return () =>
    kicks.after(async () => {
      await bus.publish([{ type: WRITES_QUEUED, detail: {} }]);
    });
}
