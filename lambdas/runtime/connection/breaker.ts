/**
 * Circuit breaker of one shard. It opens where, over a window that began with a failure, failures outnumber the answers: callers
 * do without the shard at once. After a rest one probe goes out beside a caller, who doesn't wait for it; an answer closes the
 * breaker again.
 */
export class CircuitBreaker {
  #failures = 0;
  #answers = 0;
  #failedAt = 0;
  #openUntil = 0;
  #probing = false;
  readonly #threshold: number;
  readonly #windowMs: number;
  readonly #restMs: number;
  open = false;

  /**
   * @param threshold least number of failures that opens it.
   * @param windowMs shortest time between the first of them and the last, in milliseconds: many that fail together are one
   * pause of the shard.
   * @param restMs from opening, or from a failed probe, to the next probe, in milliseconds.
   */
  constructor(threshold: number, windowMs: number, restMs: number) {
    this.#threshold = threshold;
    this.#windowMs = windowMs;
    this.#restMs = restMs;
  }

  /** True where it has seen more failures than answers. */
  get failing(): boolean {
    return this.#failures > 0;
  }

  /** True where this caller should send a probe; once per rest. */
  wantsProbe(now: number): boolean {
    if (!this.open || this.#probing || now < this.#openUntil) return false;
    this.#probing = true;
    return true;
  }

  succeeded(): void {
    this.#probing = false;
    if (!this.open && ++this.#answers < this.#failures) return;
    this.open = false;
    this.#failures = this.#answers = 0;
  }

  failed(now: number): void {
    this.#probing = false;
    if (this.#failures++ === 0) this.#failedAt = now;
    if (this.open || (this.#failures >= this.#threshold && now - this.#failedAt >= this.#windowMs)) {
      this.open = true;
      this.#openUntil = now + this.#restMs;
    }
  }
}
