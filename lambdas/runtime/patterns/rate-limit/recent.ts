/** Most keys that a process remembers for a limiter. */
const MOST_KEYS = 10_000;

/** Values by key, of the keys that were set last. */
export class Recent<Value> {
  readonly #values = new Map<string, Value>();

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    // What is set again becomes the latest.
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > MOST_KEYS) this.#values.delete(this.#values.keys().next().value as string);
  }

  delete(key: string): void {
    this.#values.delete(key);
  }
}
