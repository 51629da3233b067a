/** Statement of a response about its caching. */
export interface Storing {
  /** False where it must not be kept: `no-store` or `private`. */
  readonly mayBeKept: boolean;
  /** Time for which it is fresh from now, in milliseconds; undefined where it doesn't say. */
  readonly freshMs: number | undefined;
  /** Its validator, for `If-None-Match`. */
  readonly etag: string | undefined;
}

/** Headers of a response, such as those of `fetch`. */
export interface ResponseHeaders {
  /** Value of a header, or null; names compare without case. */
  get(name: string): string | null;
}

/**
 * Reads what a response says to a cache that many share: `s-maxage` before `max-age`, less its `Age`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9111#section-4.2
 */
export function storing(headers: ResponseHeaders): Storing {
  const directives = new Map<string, string>();
  for (const directive of (headers.get('cache-control') ?? '').split(',')) {
    const [name = '', value = ''] = directive.split('=');
    directives.set(name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1'));
  }
  const seconds = (name: string) => {
    const value = directives.get(name);
    return value !== undefined && /^\d{1,10}$/.test(value) ? Number(value) : undefined;
  };
  const maxAge = directives.has('no-cache') ? 0 : (seconds('s-maxage') ?? seconds('max-age'));
  const age = Number(/^\d{1,10}$/.exec(headers.get('age') ?? '')?.[0] ?? 0);
  return {
    mayBeKept: !directives.has('no-store') && !directives.has('private'),
    freshMs: maxAge === undefined ? undefined : Math.max(0, maxAge - age) * 1000,
    etag: headers.get('etag') ?? undefined,
  };
}

/** Time that a `Retry-After` asks for, in seconds: it has a number of them, or a date; undefined without one. */
export function retryAfterSeconds(headers: ResponseHeaders, now: number): number | undefined {
  const value = headers.get('retry-after') ?? '';
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - now) / 1000));
}
