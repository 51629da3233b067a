import { Recent } from './recent';

/** Window of one key, which begins with its first request. */
interface Window {
  taken: number;
  readonly endsAt: number;
}

/** Limiter of this process alone, for the time in which the shared tier can't answer. */
export class LocalLimiter {
  readonly #windows = new Recent<Window>();
  readonly #windowMs: number;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** @returns whether the cost was admitted, what is left, and the time until the window ends, in milliseconds. */
  take(key: string, cost: number, limit: number, now: number): { allowed: boolean; remaining: number; endsInMs: number } {
    const known = this.#windows.get(key);
    const window = known && now < known.endsAt ? known : { taken: 0, endsAt: now + this.#windowMs };
    if (window !== known) this.#windows.set(key, window);
    const allowed = window.taken + cost <= limit;
    if (allowed) window.taken += cost;
    return { allowed, remaining: Math.max(0, limit - window.taken), endsInMs: window.endsAt - now };
  }

  /** Takes back what was admitted. */
  giveBack(key: string, cost: number): void {
    const window = this.#windows.get(key);
    if (window) window.taken = Math.max(0, window.taken - cost);
  }
}
