/**
 * Header names and values in turn, in the order and spelling in which they were sent, as `IncomingMessage.rawHeaders` has them.
 * The form that can be written back without loss: spelling, order and repeated fields.
 */
export type RawHeaders = readonly string[];

/** Values by header name in lower case, in an object without a prototype: a viewer may send a header named `__proto__`. */
export type HeaderFields = Readonly<Record<string, string | undefined>>;

/** The fields by name in lower case. Those of one name are joined, cookies by a semicolon and others by a comma. */
export function headerFields(headers: RawHeaders): Record<string, string | undefined> {
  const fields: Record<string, string | undefined> = Object.create(null);
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    const before = fields[name];
    fields[name] = before === undefined ? headers[i + 1] : `${before}${name === 'cookie' ? '; ' : ', '}${headers[i + 1]}`;
  }
  return fields;
}

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

/** The headers with those of another response in place of all that have their names. */
export function withHeaders(headers: RawHeaders, others: RawHeaders): string[] {
  const replaced = new Set(others.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase()));
  return [...filterHeaders(headers, (name) => !replaced.has(name)), ...others];
}

/** Headers of responses that aren't lists, so that a client may refuse a response with two of them (RFC 9110, section 5.3). */
const SINGULAR: ReadonlySet<string> = new Set([
  'age',
  'content-disposition',
  'content-location',
  'content-range',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'location',
  'retry-after',
  'server',
]);

/** The headers with the first only of those that may stand once. */
export function withoutRepeats(headers: RawHeaders): string[] {
  const seen = new Set<string>();
  return filterHeaders(headers, (name) => {
    if (!SINGULAR.has(name)) return true;
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

/**
 * Headers of one connection only (RFC 9110, section 7.6.1), and those that a server computes anew. Never forwarded, never stored.
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

/**
 * True for a name and a value that can be sent as a header: a token, and text without control characters (RFC 9110, section 5.5).
 */
export function isHeader(name: string, value: unknown): value is string {
  return typeof value === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}
