import type { ByteCodec } from './byte-format';
import type { Serializer } from './codec';

export type { Serializer };

const FORMAT = 's';

/**
 * Codec of values that JSON can't say, such as Date, Map and BigInt, with a serializer such as `superjson` or `devalue`. Each
 * reader gets a copy, because such values can't be frozen. `compression({ codec: serialization(...) })` compresses their text.
 */
export function serialization(serializer: Serializer): ByteCodec {
  const parse = (text: string) => serializer.parse(text);
  return {
    serializer,
    // Under a letter of its own: what was plain JSON before isn't for the serializer to parse, nor the other way round.
    encode: (text) => ({ format: FORMAT, text }),
    decode: ({ format, text }) => (format === FORMAT ? { value: parse(text) } : undefined),
    bytes: {
      pack: (text) => ({ format: FORMAT, bytes: Buffer.from(text) }),
      unpack: ({ format, bytes }) => (format === FORMAT ? { value: parse(bytes.toString()) } : undefined),
    },
  };
}
