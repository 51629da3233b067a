import type { Codec, Decoded, Encoded } from '../codec';

/** A format of bytes, before it is made a text. */
export interface ByteFormat {
  /** @returns undefined where JSON is the better way. */
  pack(json: string): Packed | undefined;
  /** @returns undefined for a format that it doesn't know. */
  unpack(packed: Packed): Decoded | undefined;
}

export interface Packed {
  readonly format: string;
  readonly bytes: Buffer;
}

/** A codec whose formats are bytes, so that another one can take them before they are made a text. */
export interface ByteCodec extends Codec {
  readonly bytes: ByteFormat;
}

/**
 * Bytes as text: their number, and base64, because texts travel as UTF-8 both ways, and plain JSON must stay as fast as it is. Bytes as
 * Latin-1 would be shorter (each of the upper half takes two), yet for 50 KB their decoding takes thrice as long.
 */
export function overText(bytes: ByteFormat): ByteCodec {
  return {
    bytes,
    encode: (json) => {
      let packed: Packed | undefined;
      try {
        packed = bytes.pack(json);
      } catch {
        // What can't be packed is written as JSON: a read must not fail for it.
      }
      return packed && { format: packed.format, text: `${packed.bytes.length}:${packed.bytes.toString('base64')}` };
    },
    decode: ({ format, text }: Encoded) => {
      const colon = text.indexOf(':');
      const length = Number(text.slice(0, colon));
      const decoded = Buffer.from(text.slice(colon + 1), 'base64');
      // Node skips what isn't base64, so a cut or a damaged text is known by its lengths.
      const whole = decoded.length === length && text.length === colon + 1 + Math.ceil(length / 3) * 4;
      return whole ? bytes.unpack({ format, bytes: decoded }) : undefined;
    },
  };
}
