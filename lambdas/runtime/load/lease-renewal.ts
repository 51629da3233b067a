import type { Clock } from '../clock';
import type { SharedStore } from '../shared/shared-store';

/** Largest number of renewals of a lease, three in its life: a load that hangs must let go. */
const MAX_RENEWALS = 30;

/** Extends a lease until the returned function is called, or the lease is lost. */
export function renewLease(shared: SharedStore, clock: Clock, key: string, token: string, leaseMs: number): () => void {
  let done = false;
  void (async () => {
    for (let i = 0; i < MAX_RENEWALS; i++) {
      await clock.sleep(leaseMs / 3);
      if (done || !(await shared.renew(key, token, leaseMs).catch(() => false))) return;
    }
  })();
  return () => {
    done = true;
  };
}
