import type { Clock } from '../types';

/**
 * The machine's own time.
 * @param failed - takes what a callback throws, which would end the process: nobody else is there to catch it
 */
export function systemClock(failed: (error: Error) => void): Clock {
  return {
    now: () => Date.now(),
    schedule: (milliseconds, callback) => {
      const timer = setTimeout(() => {
        try {
          callback();
        } catch (error) {
          failed(error as Error);
        }
      }, milliseconds);
      return () => clearTimeout(timer);
    },
  };
}
