/**
 * Header names and values in turn, in the order and spelling in which they were sent, as `IncomingMessage.rawHeaders` has them.
 * The form that can be written back without loss: spelling, order and repeated `Set-Cookie`.
 */
export type RawHeaders = readonly string[];

/** The value of a header, by its name in lower case; repeated headers are joined with a comma. */
export function headerValue(headers: RawHeaders, name: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    if ((headers[i] as string).toLowerCase() !== name) continue;
    value = value === undefined ? (headers[i + 1] as string) : `${value}, ${headers[i + 1]}`;
  }
  return value;
}

/** The headers whose names, in lower case, pass. */
export function filterHeaders(headers: RawHeaders, keep: (name: string) => boolean): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (keep((headers[i] as string).toLowerCase())) kept.push(headers[i] as string, headers[i + 1] as string);
  }
  return kept;
}

/** The headers with one set to a value, in the place of what had its name. */
export function withHeader(headers: RawHeaders, name: string, value: string): string[] {
  const lower = name.toLowerCase();
  return [...filterHeaders(headers, (other) => other !== lower), name, value];
}

/**
 * Headers that concern one connection only (RFC 9110, section 7.6.1), and those that a server computes anew. Never forwarded,
 * never stored.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * True where the header, by its name in lower case, concerns one connection only; `connection` is that header's value, which may
 * name more.
 */
export function isHopByHop(name: string, connection?: string): boolean {
  if (HOP_BY_HOP.has(name)) return true;
  if (connection === undefined) return false;
  const listed = connection.toLowerCase().split(',');
  return listed.some((other) => other.trim() === name);
}
