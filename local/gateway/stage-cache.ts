import type { Method } from './options';
import { type GatewayRequest, parameterValue } from './request';
import type { IntegrationResponse } from './response';

/** Larger responses aren't stored (API Gateway's limit, in bytes). */
const MAX_RESPONSE_BYTES = 1_048_576;

/**
 * The cache key: namespace, HTTP method and the declared parameters, nothing else. A path parameter or query string that isn't
 * declared makes no difference, so that two requests that differ only there get the same response.
 */
export function cacheKey(method: Method, request: GatewayRequest, pathParameters: Readonly<Record<string, string>>): string {
  const values = method.cacheKeyParameters.map((parameter) => [
    parameter,
    parameterValue(parameter, request, pathParameters) ?? null,
  ]);
  return JSON.stringify([method.cacheNamespace, request.httpMethod, values]);
}

/** True where a request asks for a fresh response, which then replaces the stored one. */
export function asksForRefresh(cacheControl: readonly string[]): boolean {
  return cacheControl.some((value) => value.split(',').some((directive) => /^\s*(max-age=0|no-cache)\s*$/i.test(directive)));
}

/** View of an entry, for people. Times are epoch milliseconds. */
export interface StageCacheEntry extends Pick<IntegrationResponse, 'headers' | 'madeAt'> {
  readonly key: string;
  readonly status: number;
  readonly bytes: number;
  readonly expiresAt: number;
}

interface StoredResponse {
  readonly response: IntegrationResponse;
  readonly bytes: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/**
 * Bytes of the heap that the parts of an entry take besides their text, as measured with Node.js 20
 * (test/unit/gateway/stage-cache-memory.test.ts): the entry with its key, its place in the map and its buffer; and a header.
 */
const ENTRY_BYTES = 500;
const HEADER_BYTES = 75;

/**
 * A stage's cache. It stores what integrations answer, whatever the status, and replays it unchanged until its TTL is over; it
 * reads no `Cache-Control` of the response. When it is full, what was used least recently goes first.
 */
export class StageCache {
  readonly #stored = new Map<string, StoredResponse>();
  #bytes = 0;

  readonly #capacityBytes: number;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  /** Bytes that all entries take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @param now epoch milliseconds. */
  get(key: string, now: number): IntegrationResponse | undefined {
    const found = this.#stored.get(key);
    if (!found) return undefined;
    this.#remove(key, found);
    if (found.expiresAt <= now) return undefined;
    // Put back as the most recently used.
    this.#add(key, found);
    return found.response;
  }

  /** @param now epoch milliseconds. */
  set(key: string, response: IntegrationResponse, ttlSeconds: number, now: number): void {
    const known = this.#stored.get(key);
    if (known) this.#remove(key, known);
    if (response.body.length > MAX_RESPONSE_BYTES || ttlSeconds <= 0) return;
    this.#add(key, { response: unpooled(response), bytes: sizeOf(key, response), expiresAt: now + ttlSeconds * 1000 });
    for (const [oldest, entry] of this.#stored) {
      if (this.#bytes <= this.#capacityBytes) break;
      this.#remove(oldest, entry);
    }
  }

  /** @returns how many entries went. */
  flush(): number {
    const dropped = this.#stored.size;
    this.#stored.clear();
    this.#bytes = 0;
    return dropped;
  }

  /** Views of what hasn't expired. @param now epoch milliseconds. */
  entries(now: number): StageCacheEntry[] {
    return [...this.#stored]
      .filter(([, { expiresAt }]) => expiresAt > now)
      .map(([key, { response, bytes, expiresAt }]) => {
        const { statusCode: status, headers, madeAt } = response;
        return { key, status, headers, bytes, expiresAt, ...(madeAt !== undefined && { madeAt }) };
      });
  }

  #add(key: string, entry: StoredResponse): void {
    this.#stored.set(key, entry);
    this.#bytes += entry.bytes;
  }

  #remove(key: string, entry: StoredResponse): void {
    this.#stored.delete(key);
    this.#bytes -= entry.bytes;
  }
}

function sizeOf(key: string, { headers, body, decodedBody }: IntegrationResponse): number {
  let bytes = ENTRY_BYTES + key.length + body.length + (decodedBody?.length ?? 0);
  for (const [name, value] of headers) bytes += name.length + value.length + HEADER_BYTES;
  return bytes;
}

/**
 * The response with bodies in memory of their own: `Buffer.from` cuts small ones from slabs of 8 KB, each of which would be kept
 * whole.
 */
function unpooled(response: IntegrationResponse): IntegrationResponse {
  const own = (bytes: Buffer) => {
    const copy = Buffer.allocUnsafeSlow(bytes.length);
    bytes.copy(copy);
    return copy;
  };
  return { ...response, body: own(response.body), decodedBody: response.decodedBody && own(response.decodedBody) };
}
