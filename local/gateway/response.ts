/** Response of a function, of which one body or the other is sent. */
export interface IntegrationResponse {
  readonly statusCode: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  /** The body where the client accepts a binary type; absent where the function sent none in base64. */
  readonly decodedBody?: Buffer;
  /** Begin of the invocation that made it, in epoch milliseconds; absent of an answer that no function made. */
  readonly madeAt?: number;
}

/** A response, before it gets the headers that are new with every answer. */
export interface GatewayResponse {
  readonly statusCode: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

/** Headers that API Gateway sets itself; a function's own arrive under another name. */
const REMAPPED = new Set(['connection', 'content-length', 'date', 'server', 'www-authenticate']);

/** Headers that belong to the connection. */
const DROPPED = new Set(['transfer-encoding', 'keep-alive', 'te', 'trailer', 'upgrade']);

/** Members that a proxy integration may answer with. */
const KEYS = new Set(['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded']);

/**
 * Turns what a function returned into a response.
 * @param payload JSON text.
 * @returns undefined where it isn't what a proxy integration has to return; the client then gets 502.
 */
export function proxyResponse(payload: string): IntegrationResponse | undefined {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(payload);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (Object.keys(value).some((key) => !KEYS.has(key))) return undefined;
  const statusCode = Number(value.statusCode);
  // No final response has a status of 1xx, and a client would wait for one.
  if (!Number.isInteger(statusCode) || statusCode < 200 || statusCode > 599) return undefined;
  const text = value.body ?? '';
  if (typeof text !== 'string') return undefined;
  const headers = responseHeaders(value.headers, value.multiValueHeaders);
  if (!headers.every(([name, header]) => isHeader(name, header))) return undefined;
  const decodedBody = value.isBase64Encoded === true ? Buffer.from(text, 'base64') : undefined;
  return { statusCode, headers, body: Buffer.from(text, 'utf8'), decodedBody };
}

/** True for a name and a value that can be sent: a token, and text without control characters (RFC 9110, section 5.5). */
function isHeader(name: string, value: string): boolean {
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

/**
 * The response with the body for a client, by what it accepts: the stage cache keeps both, so that none depends on who came
 * first.
 */
export function bodyFor(
  response: IntegrationResponse,
  accept: string | undefined,
  binaryMediaTypes: readonly string[],
): GatewayResponse {
  const { statusCode, headers, body, decodedBody } = response;
  return { statusCode, headers, body: decodedBody && decodesBinary(accept, binaryMediaTypes) ? decodedBody : body };
}

/** A name in both maps has the values of the one with several, as API Gateway merges them. */
function responseHeaders(single: unknown, multiple: unknown): [string, string][] {
  const merged = new Map<string, [name: string, values: string[]]>();
  for (const [name, value] of Object.entries((single ?? {}) as Record<string, unknown>)) {
    merged.set(name.toLowerCase(), [name, [String(value)]]);
  }
  for (const [name, values] of Object.entries((multiple ?? {}) as Record<string, unknown>)) {
    merged.set(name.toLowerCase(), [name, (Array.isArray(values) ? values : [values]).map(String)]);
  }
  if (!merged.has('content-type')) merged.set('content-type', ['Content-Type', ['application/json']]);
  const headers: [string, string][] = [];
  for (const [key, [name, values]] of merged) {
    if (DROPPED.has(key)) continue;
    for (const value of values) headers.push([REMAPPED.has(key) ? `x-amzn-Remapped-${name}` : name, value]);
  }
  return headers;
}

/** True where a media type is one of the API's binary types, which may hold wildcards. */
export function isBinary(mediaType: string | undefined, binaryMediaTypes: readonly string[]): boolean {
  const type = mediaType?.split(';')[0]?.trim().toLowerCase();
  return binaryMediaTypes.some((binary) => {
    if (binary === '*/*') return true;
    if (!type) return false;
    return binary.endsWith('/*') ? type.startsWith(binary.slice(0, -1)) : binary.toLowerCase() === type;
  });
}

/** True where a base64 body of a function is decoded: where the first type of `Accept` is one of the API's binary types. */
export function decodesBinary(accept: string | undefined, binaryMediaTypes: readonly string[]): boolean {
  return isBinary(accept?.split(',')[0], binaryMediaTypes);
}
