import type { Route } from '../../../lib/route';
import { pathMatcher, type TemplateValues } from '../../../lib/route/template';
import { isConnectionError } from '../../runtime/versions/postgres';
import { afterFreeze } from '../after-freeze';
import { log } from '../log';
import { Problem } from './problem';
import { REFRESHED_HEADER, refreshOf, refreshTicket } from './refresh';
import { jsonBody, type ProxyEvent, type Request } from './request';
import { problemResponse, type Response } from './response';

/** Answers a request to one route; throws a {@link Problem} where it can't. */
export type Handler = (request: Request) => Promise<Response>;

/** A route, and what is done with each method. */
export interface Endpoint {
  readonly route: Route;
  /** By method. HEAD is answered wherever GET is. */
  readonly methods: Readonly<Record<string, Handler>>;
  /**
   * Methods of the route that another function answers; they are only listed in `Allow`.
   * @default - none
   */
  readonly elsewhere?: readonly string[];
}

/**
 * A request whose answer depends on what is in no key of the stage cache: on several values of a query string, of which the key
 * has one, or on how a path is encoded. Kept, it would be the answer to others as well.
 */
class AmbiguousRequest extends Problem {
  constructor(message: string) {
    super(400, message);
  }
}

/** A handler for API Gateway's proxy integration: finds the route by its path and the handler by the method. */
export function createRouter(endpoints: readonly Endpoint[]): (event: ProxyEvent) => Promise<Response> {
  const compiled = endpoints.map((endpoint) => ({ endpoint, match: pathMatcher(endpoint.route.path) }));

  const dispatch = async (event: ProxyEvent): Promise<Response> => {
    for (const { endpoint, match } of compiled) {
      const values = match(resourcePath(event));
      if (!values) continue;
      const method = event.httpMethod === 'HEAD' ? 'GET' : event.httpMethod;
      const handler = Object.hasOwn(endpoint.methods, method) ? endpoint.methods[method] : undefined;
      if (!handler) throw notAllowed(endpoint, event.httpMethod);
      // API Gateway checks who refreshes where it would answer from the stage cache, and nowhere else: not with HEAD.
      const refresh = keptByGateway(event) ? refreshOf(event.headers) : undefined;
      let refreshed = false;
      const response = await handler({
        method: event.httpMethod,
        parameters: Object.assign(queryParameters(endpoint.route, event), pathParameters(values)),
        readOptions: (entry) => {
          refreshed = refresh !== undefined;
          return refresh ? { ticket: refreshTicket(refresh, entry) } : {};
        },
        json: () => jsonBody(event),
      });
      return refresh && refreshed ? { ...response, headers: { ...response.headers, [REFRESHED_HEADER]: refresh.id } } : response;
    }
    throw new Problem(404, 'there is nothing at this path');
  };

  const keptByGateway = (event: ProxyEvent): boolean =>
    event.httpMethod === 'GET' &&
    compiled.some(({ endpoint: { route }, match }) => match(resourcePath(event)) && route.freshness?.gatewayTtlSeconds);

  return async (event) => {
    await afterFreeze();
    const response = await dispatch(event).catch((error: unknown) => {
      // API Gateway keeps an answer of 400, and doesn't keep its own 502 for a function that throws.
      if (error instanceof AmbiguousRequest && keptByGateway(event)) throw error;
      if (error instanceof Problem) return problemResponse(error);
      log.error('request failed', { method: event.httpMethod, path: event.path, error });
      // The stage cache keeps what a function answers, a 503 too, for a whole TTL; what API Gateway says of one that throws, it
      // does not.
      if (keptByGateway(event)) throw error;
      return problemResponse(unavailable(error) ? UNAVAILABLE : new Problem(500, 'the request failed'));
    });
    return event.httpMethod === 'HEAD' ? { ...response, body: '' } : response;
  };
}

/** The path that finds a route. API Gateway leads one with a slash at its end to the same resource, and so to the same key. */
function resourcePath({ path }: ProxyEvent): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function pathParameters(values: TemplateValues): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      try {
        return [name, decodeURIComponent(value)];
      } catch {
        throw new AmbiguousRequest(`'${name}' must be percent-encoded UTF-8`);
      }
    }),
  );
}

/** Only what the route declares: an unknown query string is in no tier's key, so it must not make a difference. */
function queryParameters(route: Route, event: ProxyEvent): Record<string, string | undefined> {
  const parameters: Record<string, string | undefined> = Object.create(null);
  for (const [name, { required, default: fallback }] of Object.entries(route.query)) {
    const all = own(event.multiValueQueryStringParameters, name);
    if (all && all.length > 1) throw new AmbiguousRequest(`'${name}' must be sent at most once`);
    const value = all?.[0] ?? own(event.queryStringParameters, name) ?? fallback;
    if (required && value === undefined) throw new Problem(400, `'${name}' is required`);
    parameters[name] = value;
  }
  return parameters;
}

/** The value of a name in an object that JSON was parsed to: not what its prototype has under the name. */
function own<Value>(values: Readonly<Record<string, Value>> | null | undefined, name: string): Value | undefined {
  return values && Object.hasOwn(values, name) ? values[name] : undefined;
}

const UNAVAILABLE = new Problem(503, 'the request could not be served now; try again', { 'retry-after': '1' });

/**
 * A database that can't be reached, 57014 (a statement that took too long) and a full queue for the database pass; a bug doesn't.
 */
function unavailable(error: unknown): boolean {
  return isConnectionError(error) || ['57014', 'E_FALLBACK_FULL'].includes((error as { code?: string }).code ?? '');
}

function notAllowed(endpoint: Endpoint, method: string): Problem {
  const methods = new Set([...Object.keys(endpoint.methods), ...(endpoint.elsewhere ?? [])]);
  if (methods.has('GET')) methods.add('HEAD');
  const allow = [...methods].sort().join(', ');
  return new Problem(405, `${method} is not allowed here; allowed: ${allow}`, { allow });
}
