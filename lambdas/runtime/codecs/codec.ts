/**
 * Format of values other than JSON, given to {@link CacheOptions.codec}. Without a serializer it changes how a value is written,
 * never what its readers get.
 */
export interface Codec {
  /**
   * Conversion of values to text and back; made by `serialization()`.
   * @default - JSON
   */
  readonly serializer?: Serializer;

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

/** Conversion of values to text and back. Every reader gets what `parse` gives, the one who loaded it as well. */
export interface Serializer {
  /** Text of a value, which must be JSON. It throws where it can't say the value. */
  stringify(value: unknown): string;
  /** Value of a text, a new one each time. */
  parse(text: string): unknown;
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
}
