/**
 * Circuit breaker of one shard. After failures in a row it opens: callers do without the shard at once. After a rest one probe
 * goes out beside a caller, who doesn't wait for it; its success closes the breaker again.
 */
export class CircuitBreaker {
  #failures = 0;
  #openUntil = 0;
  #probing = false;
  readonly #threshold: number;
  readonly #restMs: number;

  /**
   * @param threshold failures in a row that open it.
   * @param restMs from opening, or from a failed probe, to the next probe, in milliseconds.
   */
  constructor(threshold: number, restMs: number) {
    this.#threshold = threshold;
    this.#restMs = restMs;
  }

  get open(): boolean {
    return this.#failures >= this.#threshold;
  }

  /** True where it has seen a failure since its last success. */
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
    this.#failures = 0;
    this.#probing = false;
  }

  failed(now: number): void {
    this.#failures++;
    this.#probing = false;
    if (this.open) this.#openUntil = now + this.#restMs;
  }
}
