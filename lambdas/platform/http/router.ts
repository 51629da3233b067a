import { normalizedText, type Route } from '../../../lib/route';
import { pathMatcher, type TemplateValues } from '../../../lib/route/template';
import type { RedisConnection } from '../../runtime/connection/redis-connection';
import type { PatternMetrics } from '../../runtime/patterns/metrics';
import { afterFreeze } from '../after-freeze';
import { log } from '../log';
import { isUnavailable } from '../unavailable';
import { RouteLimits } from './limits';
import { Problem } from './problem';
import { REFRESHED_HEADER, refreshOf, refreshTicket } from './refresh';
import { jsonBody, type ProxyEvent, type Request } from './request';
import { problemResponse, type Response } from './response';

/** Method that a route can have a handler for. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Answers a request to one route; throws a {@link Problem} where it can't. */
export type Handler = (request: Request) => Promise<Response>;

/** A route and the handler of each of its methods. HEAD is answered wherever GET is. */
export interface Endpoint extends Readonly<Partial<Record<Method, Handler>>> {
  /** The declaration, the same as the infrastructure has it. */
  readonly route: Route;
}

/** Options of {@link createRouter}. */
export interface RouterOptions {
  /**
   * Connection to the shared tier, in which requests to routes with a limit are counted; `connectionFromEnvironment()` is one.
   * @default - none; no route has a limit
   */
  readonly connection?: RedisConnection;
  /**
   * Caller of a request to a route with the scope `caller`, as an id that nobody else has and that stays: `authorizedCaller`, or
   * what a session or an API key that is verified here belongs to. An id that can be looked up is in the names of entries; don't
   * give an address of email. Undefined, and an empty id, are answered 401; a {@link Problem} that it throws as it says.
   * @default - none; no route has the scope
   */
  readonly caller?: (event: ProxyEvent) => string | undefined | Promise<string | undefined>;
  /**
   * Receiver of the counts of limits.
   * @default - nobody counts
   */
  readonly metrics?: PatternMetrics;
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

/**
 * A handler for API Gateway's proxy integration: finds the route by its path and the handler by the method. Problems become their
 * documents; any other error is logged, and answered with 500, or with 503 where the database is away. On a route that the stage
 * cache keeps such an error is thrown instead: API Gateway would keep the answer, and doesn't keep its own 502.
 *
 * @throws {RangeError} where a route has a limit, and there is no connection; or entries of each caller, and nobody tells whose.
 */
export function createRouter(
  endpoints: readonly Endpoint[],
  { connection, caller, metrics }: RouterOptions = {},
): (event: ProxyEvent) => Promise<Response> {
  const limits = new RouteLimits(
    endpoints.map(({ route }) => route),
    connection,
    metrics,
  );
  for (const { route } of endpoints) {
    if (!route.scope || caller) continue;
    throw new RangeError(
      `'caller' must be given for route '${route.name}', of which each caller has entries of its own, got: undefined; ` +
        "give 'createRouter' a function of the event, such as 'authorizedCaller'",
    );
  }
  const compiled = endpoints.map((endpoint) => ({ endpoint, match: pathMatcher(endpoint.route.path) }));

  const dispatch = async (event: ProxyEvent): Promise<Response> => {
    for (const { endpoint, match } of compiled) {
      const values = match(resourcePath(event));
      if (!values) continue;
      const method = event.httpMethod === 'HEAD' ? 'GET' : event.httpMethod;
      const handler = handlerOf(endpoint, method);
      if (!handler) throw notAllowed(endpoint, event.httpMethod);
      // API Gateway checks who refreshes where it would answer from the stage cache, and nowhere else: not with HEAD.
      const refresh = keptByGateway(event) ? refreshOf(event.headers) : undefined;
      let refreshed = false;
      const { route } = endpoint;
      const limitHeaders = await limits.count(route, event);
      const ofCaller = route.scope && { [route.scope]: await callerOf(event) };
      const response = await handler({
        method: event.httpMethod,
        parameters: Object.assign(queryParameters(route, event), pathParameters(values), ofCaller),
        ...((method !== 'GET' || !route.freshness) && { event }),
        read: (cache, given, loader) => {
          refreshed = refresh !== undefined;
          const parameters = ofCaller ? { ...given, ...ofCaller } : given;
          const ticket = refresh && refreshTicket(refresh, cache.entry(route, parameters));
          return cache.getOrSet(route, parameters, loader, { ticket });
        },
        json: () => jsonBody(event),
      });
      const headers = {
        ...limitHeaders,
        ...response.headers,
        ...(refresh && refreshed ? { [REFRESHED_HEADER]: refresh.id } : {}),
      };
      return { ...response, headers };
    }
    throw new Problem(404, 'there is nothing at this path');
  };

  const callerOf = async (event: ProxyEvent): Promise<string> => {
    const id: unknown = await caller?.(event);
    if (typeof id !== 'string' || id === '') throw new Problem(401, 'this is for callers who are known');
    return id;
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
      return problemResponse(isUnavailable(error) ? UNAVAILABLE : new Problem(500, 'the request failed'));
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

/**
 * Only what the route declares, in its one spelling: an unknown query string is in no tier's key, so it must not make a
 * difference.
 */
function queryParameters(route: Route, event: ProxyEvent): Record<string, string | undefined> {
  const parameters: Record<string, string | undefined> = Object.create(null);
  for (const [name, { required, default: fallback, normalize }] of Object.entries(route.query)) {
    const all = own(event.multiValueQueryStringParameters, name);
    if (all && all.length > 1) throw new AmbiguousRequest(`'${name}' must be sent at most once`);
    const value = all?.[0] ?? own(event.queryStringParameters, name) ?? fallback;
    if (required && value === undefined) throw new Problem(400, `'${name}' is required`);
    parameters[name] = normalize && value !== undefined ? normalizedText(value, normalize) : value;
  }
  return parameters;
}

/** The value of a name in an object that JSON was parsed to: not what its prototype has under the name. */
function own<Value>(values: Readonly<Record<string, Value>> | null | undefined, name: string): Value | undefined {
  return values && Object.hasOwn(values, name) ? values[name] : undefined;
}

const UNAVAILABLE = new Problem(503, 'the request could not be served now; try again', { 'retry-after': '1' });

/** Not by indexing with the method, which comes from outside. */
function handlerOf(endpoint: Endpoint, method: string): Handler | undefined {
  const known = METHODS.find((name) => name === method);
  return known && endpoint[known];
}

function notAllowed(endpoint: Endpoint, method: string): Problem {
  const methods: string[] = METHODS.filter((name) => endpoint[name]);
  const allow = [...methods, ...(endpoint.GET ? ['HEAD'] : [])].sort().join(', ');
  return new Problem(405, `${method} is not allowed here; allowed: ${allow}`, { allow });
}
