/**
 * Format of values other than JSON, given to {@link CacheOptions.codec}. It changes how a value is written, never what its
 * readers get: what JSON can't express isn't stored in any format.
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

/** Value as an entry holds it. */
export interface Encoded {
  /** The format's letter. `j` and `n` are taken, and a letter never changes its meaning. */
  readonly format: string;
  /** The value in that format. */
  readonly text: string;
}

/** Value that was read from an entry's text. */
export interface Decoded {
  /** The value as its loader gave it. */
  readonly value: unknown;
  /** Its size before compression, in bytes or characters, by which memory is bounded. */
  readonly size: number;
}
