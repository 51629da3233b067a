import type { SharedStore } from '../shared/shared-store';

/** Largest number of renewals of a lease, three in its life: a load that hangs must let go. */
const MAX_RENEWALS = 30;

/**
 * Extends a lease until the returned function is called: on a busy machine a load and its fill wait for their turn for longer
 * than a lease lives, and somebody else would load once more. A process that is frozen or killed lets go.
 */
export function renewLease(shared: SharedStore, key: string, token: string, leaseMs: number): () => void {
  let left = MAX_RENEWALS;
  const timer = setInterval(() => {
    if (left-- > 0) void shared.renew(key, token, leaseMs).catch(() => {});
  }, leaseMs / 3).unref();
  return () => clearInterval(timer);
}
