/**
 * Circuit breaker of one shard. It opens where, over a window that began with a failure, failures outnumber the answers: callers
 * do without the shard at once. After a rest one probe goes out beside a caller, who doesn't wait for it; an answer closes the
 * breaker again.
 *
 * @param threshold least number of failures that opens it.
 * @param windowMs shortest time between the first of them and the last, in milliseconds: many that fail together are one pause of
 * the shard.
 * @param restMs from opening, or from a failed probe, to the next probe, in milliseconds.
 */
export function newCircuitBreaker(threshold: number, windowMs: number, restMs: number) {
  let open = false;
  let failures = 0;
  let answers = 0;
  let failedAt = 0;
  let openUntil = 0;
  let probing = false;
  return {
    get open(): boolean {
      return open;
    },

    /** True where it has seen more failures than answers. */
    get failing(): boolean {
      return failures > 0;
    },

    /** True where this caller should send a probe; once per rest. */
    wantsProbe(now: number): boolean {
      if (!open || probing || now < openUntil) return false;
      probing = true;
      return true;
    },

    succeeded(): void {
      probing = false;
      if (!open && ++answers < failures) return;
      open = false;
      failures = answers = 0;
    },

    failed(now: number): void {
      probing = false;
      if (failures++ === 0) failedAt = now;
      if (open || (failures >= threshold && now - failedAt >= windowMs)) {
        open = true;
        openUntil = now + restMs;
      }
    },
  };
}

/** Circuit breaker of one shard. */
export type CircuitBreaker = ReturnType<typeof newCircuitBreaker>;
