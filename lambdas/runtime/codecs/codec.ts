/**
 * Another way to write values than JSON, given to {@link CacheOptions.codec}. It changes how a value is written, never what its readers get:
 * what JSON can't say isn't stored in any format.
 */
export interface Codec {
  /**
   * Writes a value, given as its JSON text.
   *
   * @returns undefined where JSON is the better way.
   */
  encode(json: string): Encoded | undefined;

  /**
   * Reads what some process has written, in this format or another, now or years ago. It may throw: the entry is then a miss.
   *
   * @returns undefined for a format that it doesn't know.
   */
  decode(encoded: Encoded): Decoded | undefined;
}

/** A value as an entry holds it. */
export interface Encoded {
  /** The format's letter. `j` and `n` are taken, and a letter never changes its meaning. */
  readonly format: string;
  /** The value in that format. */
  readonly text: string;
}

/** What an entry's text meant. */
export interface Decoded {
  /** As its loader gave it. */
  readonly value: unknown;
  /** Its size before compression, in bytes or characters, by which memory is bounded. */
  readonly size: number;
}
