import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { Random } from '../../consistency/random';

/** Options of an open loop. */
export interface OpenLoop {
  /** Mean of the arrivals. */
  readonly perSecond: number;
  readonly random: Random;
  /** Whether there is an arrival of this number, at this time of `performance.now()`. */
  readonly goesOn: (index: number, at: number) => boolean;
  /**
   * Most arrivals that are under way; beyond it they come later than planned.
   * @default - as many as come
   */
  readonly atOnce?: number;
}

/**
 * Arrivals by chance (Poisson), whatever became of those before. Resolves once all are done.
 *
 * @param arrive takes the number of the arrival, and the time at which it was to come.
 */
export async function openLoop(
  { perSecond, random, goesOn, atOnce = Number.POSITIVE_INFINITY }: OpenLoop,
  arrive: (index: number, at: number) => Promise<void>,
): Promise<void> {
  let underWay = 0;
  let onEnd: (() => void) | undefined;
  let failure: { readonly error: unknown } | undefined;
  const end = () => {
    underWay--;
    onEnd?.();
  };
  const room = async (most: number) => {
    while (underWay > most) await new Promise<void>((resolve) => (onEnd = resolve));
  };
  let at = performance.now();
  for (let index = 0; !failure; index++) {
    at += (-Math.log(1 - random.next()) * 1000) / perSecond;
    if (!goesOn(index, at)) break;
    const wait = at - performance.now();
    // One that is late lets answers in all the same: else the first is heard of once the last is sent, after every timeout.
    await (wait > 1 ? sleep(wait) : turn());
    await room(atOnce - 1);
    underWay++;
    arrive(index, at)
      .catch((error) => {
        failure ??= { error };
      })
      .finally(end);
  }
  await room(0);
  if (failure) throw failure.error;
}
