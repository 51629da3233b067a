import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits one turn of the event loop after a freeze. Connections were closed and timers ran out meanwhile, and after the thaw the
 * invocation may be seen before them. One turn of the event loop handles them, so that the request doesn't begin on a connection
 * that is known to be dead. Costs about a millisecond, and only after a pause that is long enough to be a freeze.
 */
export async function afterFreeze(now: () => number = Date.now): Promise<void> {
  const pause = now() - lastSeen;
  lastSeen = now();
  if (pause > PAUSE_MS) await sleep(1);
}

/** Invocations that follow each other faster find their connections as they left them. */
const PAUSE_MS = 1_000;

let lastSeen = Number.POSITIVE_INFINITY;
