import { decodePart } from './decode';

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
}

/** Query strings by name, each with its values in order, decoded. */
export function queryValues(queryString: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const pair of queryString.split('&')) {
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

/** All values of a header, in order; the name's case makes no difference. */
export function headerValues(request: GatewayRequest, name: string): string[] {
  const wanted = name.toLowerCase();
  return request.headers.filter(([each]) => each.toLowerCase() === wanted).map(([, value]) => value);
}

/**
 * The value that a parameter such as `method.request.querystring.page` has in a request: the last one, where there are several,
 * and all of them for `multivaluequerystring` and `multivalueheader`.
 * @returns undefined where the request has none.
 */
export function parameterValue(
  parameter: string,
  request: GatewayRequest,
  pathParameters: Readonly<Record<string, string>>,
): string | undefined {
  const [, , place = '', ...rest] = parameter.split('.');
  const name = rest.join('.');
  switch (place) {
    case 'path': {
      const value = pathParameters[name];
      return value === undefined ? undefined : decodePart(value);
    }
    case 'querystring':
      return queryValues(request.queryString).get(name)?.at(-1);
    case 'multivaluequerystring':
      return queryValues(request.queryString).get(name)?.join(',');
    case 'header':
      return headerValues(request, name).at(-1);
    case 'multivalueheader': {
      const values = headerValues(request, name);
      return values.length > 0 ? values.join(',') : undefined;
    }
    default:
      return undefined;
  }
}
