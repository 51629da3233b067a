import { STATUS_CODES } from 'node:http';

/**
 * An answer that isn't the thing asked for. Throw it from a handler; the router turns it into a response of RFC 9457.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457
 */
export class Problem extends Error {
  constructor(
    /** HTTP status, 400 or more. */
    readonly status: number,
    /** Text for the caller: the rule, the value got, the fix. Never anything about the inside. */
    readonly detail: string,
    /** Headers of the response besides its media type; names in lower case. */
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.name = 'Problem';
  }
}

/** The document alone, for a response with headers of its own. `about:blank`: the status says all that the type could. */
export function problemBody(status: number, detail: string): string {
  return JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail });
}
