import * as zlib from 'node:zlib';
import type { Codec, Decoded, Encoded, Serializer } from './codec';

/** Format of bytes, before it is made a text. */
export interface ByteFormat {
  /** @returns undefined where JSON is the better way. */
  pack(json: string): Packed | undefined;
  /** @returns undefined for a format that it doesn't know. */
  unpack(packed: Packed): Decoded | undefined;
}

/** Value as bytes. */
export interface Packed {
  /** The format's letter. */
  readonly format: string;
  /** The value in that format. */
  readonly bytes: Buffer;
}

/** Codec whose formats are bytes, so that another one can take them before they are made a text. */
export interface ByteCodec extends Codec {
  /** Its format, before it is made a text. */
  readonly bytes: ByteFormat;
}

/** Checksum of Node from 20.15 on. */
const { crc32 } = zlib as { crc32?: (bytes: Buffer) => number };
const NO_SUM = '-';

/**
 * Codec of bytes as text: their number, their checksum, and base64, because texts travel as UTF-8 both ways, and plain JSON must
 * stay as fast as it is. Bytes as Latin-1 would be shorter (each of the upper half takes two), yet for 50 KB their decoding takes
 * thrice as long.
 */
export function overText(bytes: ByteFormat, serializer?: Serializer): ByteCodec {
  return {
    ...(serializer && { serializer }),
    bytes,
    encode: (json) => {
      let packed: Packed | undefined;
      try {
        packed = bytes.pack(json);
      } catch {
        // What can't be packed is written as JSON: a read must not fail for it.
      }
      if (!packed) return undefined;
      const { format, bytes: content } = packed;
      return { format, text: `${content.length} ${sum(content)}:${content.toString('base64')}` };
    },
    decode: ({ format, text }: Encoded) => {
      const start = text.indexOf(':') + 1;
      const [length, written] = text.slice(0, Math.max(0, start - 1)).split(' ');
      const content = Buffer.from(text.slice(start), 'base64');
      // Node skips what isn't base64, and neither MessagePack nor brotli knows a damaged text from a sound one.
      const whole = Number(length) === content.length && text.length === start + Math.ceil(content.length / 3) * 4;
      const known = sum(content);
      const sound = written === known || written === NO_SUM || known === NO_SUM;
      return whole && sound ? bytes.unpack({ format, bytes: content }) : undefined;
    },
  };
}

function sum(bytes: Buffer): string {
  return crc32 ? crc32(bytes).toString(36) : NO_SUM;
}
