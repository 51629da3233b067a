import * as zlib from 'node:zlib';
import { checkNumber } from '../arguments';
import { got } from '../error-text';
import { CacheError } from '../errors';
import { type ByteCodec, type ByteFormat, overText, type Packed } from './byte-format';

export type { ByteCodec, ByteFormat, Packed };

/** Options of {@link compression}. */
export interface CompressionOptions {
  /**
   * Algorithm; `zstd` is there from Node 22.15 on.
   * @default 'brotli'
   */
  readonly algorithm?: CompressionAlgorithm;
  /**
   * Format that is compressed.
   * @default - JSON
   */
  readonly codec?: ByteCodec;
  /**
   * Length of a value below which it isn't compressed, in bytes.
   * @default 4096
   */
  readonly minBytes?: number;
  /**
   * Smallest share of a value that compression must save.
   * @default 0.2
   */
  readonly minSaving?: number;
  /**
   * Largest size to which a value may be decompressed, in bytes: larger ones are neither written compressed nor read.
   * @default 16777216 (16 MiB)
   */
  readonly maxBytes?: number;
  /**
   * True where values are written compressed, too. Deploy `false` first, so that every process can read what some begin to write.
   * @default true
   */
  readonly write?: boolean;
}

/** Algorithm of compression; Node.js has `zstd` from version 22.15 on. */
export type CompressionAlgorithm = 'brotli' | 'deflate' | 'zstd';

interface Algorithm {
  readonly format: string;
  compress(bytes: Buffer): Buffer;
  /** @throws where there would be more than `maxBytes`, before they are there. */
  inflate(bytes: Buffer, maxBytes: number): Buffer;
}

/** Functions of Node's newer `zlib`. */
type Zstd = (bytes: Buffer, options?: object) => Buffer;
const { zstdCompressSync, zstdDecompressSync } = zlib as { zstdCompressSync?: Zstd; zstdDecompressSync?: Zstd };

/** Each at its fastest level: the next ones save a tenth more and take twice as long. */
const ALGORITHMS: Partial<Record<CompressionAlgorithm, Algorithm>> = {
  brotli: {
    format: 'b',
    compress: (bytes) =>
      zlib.brotliCompressSync(bytes, {
        params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
      }),
    inflate: (bytes, maxOutputLength) => zlib.brotliDecompressSync(bytes, { maxOutputLength }),
  },
  // With its checksum, unlike `deflateRaw`.
  deflate: {
    format: 'd',
    compress: (bytes) => zlib.deflateSync(bytes, { level: 1 }),
    inflate: (bytes, maxOutputLength) => zlib.inflateSync(bytes, { maxOutputLength }),
  },
  ...(zstdCompressSync && {
    zstd: {
      format: 'z',
      compress: (bytes) => zstdCompressSync(bytes),
      inflate: (bytes, maxOutputLength) => (zstdDecompressSync as Zstd)(bytes, { maxOutputLength }),
    },
  }),
};

/** Letter of JSON: the first byte of compressed content is its format. */
const JSON_FORMAT = 'j';

/**
 * Codec that compresses values. Each of the algorithms that Node has is read, whichever is written.
 *
 * @throws {CacheError} `E_INVALID_ARGUMENT` for an algorithm that this Node doesn't have, or an option that isn't in its range.
 */
export function compression(options: CompressionOptions = {}): ByteCodec {
  const { algorithm: name = 'brotli', codec, write = true } = options;
  const algorithm = ALGORITHMS[name];
  if (!algorithm) {
    const there = Object.keys(ALGORITHMS).join("', '");
    throw new CacheError(
      'E_INVALID_ARGUMENT',
      `'algorithm' must be one that Node ${process.versions.node} has ('${there}'), got: ${got(name)}`,
    );
  }
  const minBytes = checkNumber('minBytes', options.minBytes ?? 4096, 0);
  const minSaving = checkNumber('minSaving', options.minSaving ?? 0.2, 0, 1);
  const maxBytes = checkNumber('maxBytes', options.maxBytes ?? 16 * 1024 * 1024, 1, 2 ** 31);
  return overText(
    {
      pack: (json) => {
        const packed = codec?.bytes.pack(json);
        if (!write || (!packed && json.length * 3 < minBytes)) return packed;
        const { format, bytes }: Packed = packed ?? { format: JSON_FORMAT, bytes: Buffer.from(json) };
        if (bytes.length < minBytes || bytes.length >= maxBytes) return packed;
        const compressed = algorithm.compress(Buffer.concat([Buffer.from(format), bytes]));
        return compressed.length <= bytes.length * (1 - minSaving) ? { format: algorithm.format, bytes: compressed } : packed;
      },
      unpack: (packed) => {
        const used = Object.values(ALGORITHMS).find((each) => each.format === packed.format);
        if (!used) return codec?.bytes.unpack(packed);
        const bytes = used.inflate(packed.bytes, maxBytes);
        const format = String.fromCharCode(bytes[0] ?? 0);
        if (format === JSON_FORMAT) return { value: JSON.parse(bytes.toString('utf8', 1)) };
        return codec?.bytes.unpack({ format, bytes: bytes.subarray(1) });
      },
    },
    codec?.serializer,
  );
}
