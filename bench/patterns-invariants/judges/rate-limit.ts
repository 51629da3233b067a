import type { Judge } from '../judge';

/** Limit and window of every limiter. */
const LIMIT = 20;
const WINDOW_US = 1e6;
/** Admissions in any interval of a window's length that an algorithm may have. */
const MOST: Readonly<Record<string, number>> = {
  gcra: 2 * LIMIT,
  'sliding-window': LIMIT,
  'sliding-log': LIMIT,
  'fixed-window': 2 * LIMIT,
};

/** Intervals with more admissions than a limit allows; what a failover loses is counted nowhere, so only without any. */
export const rateLimit: Judge = {
  game: 'rate-limit',
  invariants: ['limitExceeded'],
  keys: (namespace) => Object.keys(MOST).map((algorithm) => `${namespace}:rl:${algorithm}:{key-1}`),
  judge({ notes, failovers }) {
    if (failovers) return { limitExceeded: 0 };
    const byKey = new Map<string, { began: number; ended: number }[]>();
    for (const { began, ended, data } of notes) {
      const name = `${data.algorithm} ${data.key}`;
      byKey.set(name, [...(byKey.get(name) ?? []), { began, ended }]);
    }
    let limitExceeded = 0;
    for (const [name, times] of byKey) {
      const most = MOST[name.split(' ')[0] as string] as number;
      times.sort((a, b) => a.began - b.began);
      // Those that were surely admitted within a window that begins where one of them began.
      for (const [i, { began }] of times.entries()) {
        let count = 0;
        for (let j = i; j < times.length && (times[j] as { began: number }).began < began + WINDOW_US; j++) {
          if ((times[j] as { ended: number }).ended < began + WINDOW_US) count++;
        }
        if (count > most) limitExceeded++;
      }
    }
    return { limitExceeded };
  },
};
