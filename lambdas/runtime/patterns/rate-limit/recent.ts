/** Most keys that a process remembers for a limiter. */
const MOST_KEYS = 10_000;

/** Values by key, of the keys that were set last. */
export class Recent<Value> extends Map<string, Value> {
  override set(key: string, value: Value): this {
    // What is set again becomes the latest.
    this.delete(key);
    super.set(key, value);
    if (this.size > MOST_KEYS) this.delete(this.keys().next().value as string);
    return this;
  }
}
