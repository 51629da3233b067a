import type { SignedRequest } from '../identity';
import { decodePart, isEncoded } from './decode';

/** Request, as it arrived at a stage. */
export interface GatewayRequest {
  readonly httpMethod: string;
  /** Path without the stage, as sent. */
  readonly path: string;
  /** Query string as sent, without the question mark. */
  readonly queryString: string;
  /** Headers in the order and case of the client. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly sourceIp: string;
  /** Parts of the request as a client signed them: with its own host, the whole path and the method that isn't overridden. */
  readonly sent: SignedRequest;
}

/**
 * Query strings by name, each with its values in order, decoded. A semicolon splits them too, as API Gateway's notes say.
 *
 * @see
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html#api-gateway-known-issues-rest-apis
 */
export function queryValues(queryString: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const pair of queryString.split(/[&;]/)) {
    if (pair === '') continue;
    const [name = '', ...rest] = pair.split('=');
    // A plus is a space in a query string, and itself in a path.
    const key = decodePart(name.replaceAll('+', ' '));
    const value = decodePart(rest.join('=').replaceAll('+', ' '));
    const known = values.get(key);
    if (known) known.push(value);
    else values.set(key, [value]);
  }
  return values;
}

/**
 * True for a path or a query string that API Gateway doesn't take: `|`, `{` and `}` must be encoded in a query string, by its
 * notes. That escapes must be valid is assumed: taken as they are, they would be the same text as others that are, `%zz` and
 * `%25zz`.
 */
export function isUnsupported({ path, queryString }: GatewayRequest): boolean {
  return /[|{}]/.test(queryString) || !path.split('/').every(isEncoded) || !queryString.split(/[&;=]/).every(isEncoded);
}

/** Methods of REST APIs. */
const METHODS: ReadonlySet<string> = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']);

/**
 * The method that a request means: that of `X-HTTP-Method-Override` where it names one. An assumption: no page of AWS's names the
 * header, and what works here with it works without it too.
 */
export function effectiveMethod(request: GatewayRequest): string {
  const override = headerValues(request, 'x-http-method-override')[0]?.trim().toUpperCase();
  return override !== undefined && METHODS.has(override) ? override : request.httpMethod;
}

/** All values of a header, in order; the name's case makes no difference. */
export function headerValues(request: GatewayRequest, name: string): string[] {
  const wanted = name.toLowerCase();
  return request.headers.filter(([each]) => each.toLowerCase() === wanted).map(([, value]) => value);
}

/**
 * The value that a parameter such as `method.request.querystring.page` has in a request: the last one, where there are several,
 * and the list of all for `multivaluequerystring` and `multivalueheader`. A greedy path parameter of several segments is the list
 * of these. "Header names and query parameters are processed in a case-sensitive way."
 *
 * @see
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html#api-gateway-known-issues-rest-apis
 * @returns undefined where the request has none.
 */
export function parameterValue(
  parameter: string,
  request: GatewayRequest,
  pathParameters: Readonly<Record<string, string>>,
): string | readonly string[] | undefined {
  const [, , place = '', ...rest] = parameter.split('.');
  const name = rest.join('.');
  const headers = () => request.headers.filter(([each]) => each === name).map(([, value]) => value);
  switch (place) {
    case 'path': {
      const segments = pathParameters[name]?.split('/').map(decodePart);
      return segments?.length === 1 ? segments[0] : segments;
    }
    case 'querystring':
      return queryValues(request.queryString).get(name)?.at(-1);
    case 'multivaluequerystring':
      return queryValues(request.queryString).get(name);
    case 'header':
      return headers().at(-1);
    case 'multivalueheader': {
      const values = headers();
      return values.length > 0 ? values : undefined;
    }
    default:
      return undefined;
  }
}
