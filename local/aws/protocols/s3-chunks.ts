import { AwsError } from '../../types';

/** A body that came in chunks, put together. */
export interface Unchunked {
  readonly body: Buffer;
  /** Headers that came behind the last chunk, by name in lower case. */
  readonly trailers: Readonly<Record<string, string>>;
}

/**
 * A body in the encoding `aws-chunked`: the length of each chunk in hexadecimal, perhaps its signature, and its bytes. Signatures
 * of chunks aren't compared; that of the request, which covers the length, has been.
 *
 * @throws {AwsError} `IncompleteBody` where it ends early.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
export function unchunked(body: Buffer): Unchunked {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = body.indexOf('\r\n', at);
    const header = end < 0 ? '' : body.toString('latin1', at, end);
    const length = /^[\da-f]{1,8}(?=;|$)/i.exec(header)?.[0];
    if (length === undefined) throw incomplete();
    const bytes = Number.parseInt(length, 16);
    const start = end + 2;
    if (bytes === 0) return { body: Buffer.concat(chunks), trailers: trailersOf(body.toString('latin1', start)) };
    if (start + bytes > body.length) throw incomplete();
    chunks.push(body.subarray(start, start + bytes));
    at = start + bytes + 2;
  }
}

function trailersOf(text: string): Record<string, string> {
  const trailers: Record<string, string> = Object.create(null);
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) trailers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return trailers;
}

function incomplete(): AwsError {
  return new AwsError('IncompleteBody', 'The request body terminated unexpectedly');
}
