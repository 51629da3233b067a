import { checkLimit, type RouteLimit } from './limit';
import { checkNormalize, type NormalizeRule } from './normalize';
import { checkScope, type RouteScope } from './scope';
import { tagProblem } from './tag';
import { fillTemplate, templateParameters } from './template';

/** Query string as a part of the cache key of every tier. */
export interface QueryParameter {
  /**
   * Value that an absent parameter stands for; the entry key is the same as if it had been sent.
   * @default - an absent parameter is a key of its own
   */
  readonly default?: string;

  /**
   * True where a request without it is refused with 400.
   * @default false
   */
  readonly required?: boolean;

  /**
   * Rules by which values that mean the same have one spelling. The edge applies what its functions can do without joining values
   * that differ here: white space and letters of ASCII, and the order of lists. The gateway's key is made of what the edge hands
   * on, and the function's of the value by all rules: an outer tier may keep two responses where an inner one keeps one, never
   * the reverse. Handlers get the value in its one spelling.
   * @default - each spelling is a key of its own
   */
  readonly normalize?: NormalizeRule[];
}

/** Times for which each tier may keep a response of the route. All values are whole seconds. */
export interface Freshness {
  /**
   * Time for which a value may stay in the memory of one process. It bounds how stale a purged value can be there, since a frozen
   * Lambda environment hears no purge.
   * @default 1
   */
  readonly memoryTtlSeconds?: number;

  /**
   * Time for which a value that a process reads very often may stay in its memory instead, where the cache finds such keys
   * (`hotKeys()`). Outer tiers are purged after it, as after `memoryTtlSeconds`.
   * @default - memoryTtlSeconds
   */
  readonly hotMemoryTtlSeconds?: number;

  /**
   * Time for which a value is fresh in the shared tier (soft TTL). It is kept for longer by the greater of the stale windows
   * below (hard TTL). 0 leaves the shared tier out; memory's TTL must then be more.
   */
  readonly sharedTtlSeconds: number;

  /**
   * Time for which the absence of a value is kept (negative entry).
   * @default 60
   */
  readonly negativeTtlSeconds?: number;

  /**
   * TTL of the gateway's stage cache, 0 to 3600. The stage cache can neither age nor refuse a response.
   * @default 0 - not cached at the gateway
   */
  readonly gatewayTtlSeconds?: number;

  /**
   * Longest TTL at the edge. The response carries less where the shared tier's value has less left.
   * @default 0 - not cached at the edge
   */
  readonly edgeTtlSeconds?: number;

  /**
   * Time after its freshness for which a value may still be served, by the shared tier and the edge, while one reader loads it
   * anew.
   * @default 0
   */
  readonly staleWhileRevalidateSeconds?: number;

  /**
   * Time after its freshness for which a value may still be served, by the shared tier and the edge, where its load fails. Must
   * be 0 with a gateway TTL: the stage cache would keep what was meant for the moment.
   * @default 0
   */
  readonly staleIfErrorSeconds?: number;

  /**
   * True where a purge may make values stale instead of removing them (mode `expire`), to be served within the windows above;
   * without it such a purge removes them. Must be false with a gateway TTL: the stage cache would keep a purged value.
   * @default false
   */
  readonly expire?: boolean;

  /**
   * Time for which a browser may keep a response without asking again, and for the stale windows above after it, where it knows
   * them. No purge reaches a browser, so a route with tags must say `purgeLeavesBrowsers`.
   * @default 0 - browsers ask each time
   */
  readonly browserTtlSeconds?: number;

  /**
   * True where what is at a URL never changes, so that browsers don't ask again even where the page is reloaded. Needs
   * `browserTtlSeconds`.
   * @default false
   */
  readonly immutable?: boolean;

  /**
   * True where it is known, and fine, that a purge of the route's tags leaves what browsers keep.
   * @default false - `browserTtlSeconds` is refused for a route with tags
   */
  readonly purgeLeavesBrowsers?: boolean;
}

/** A route's {@link Freshness} with its defaults filled in. */
export interface RouteFreshness {
  /** Time for which a value may stay in the memory of one process, in seconds. */
  readonly memoryTtlSeconds: number;
  /** Time for which a value that is read very often may stay there, in seconds. */
  readonly hotMemoryTtlSeconds: number;
  /** Time for which a value is fresh in the shared tier, in seconds; 0 where that is left out. */
  readonly sharedTtlSeconds: number;
  /** Time for which the absence of a value is kept, in seconds. */
  readonly negativeTtlSeconds: number;
  /** TTL of the gateway's stage cache, in seconds; 0 where it doesn't cache. */
  readonly gatewayTtlSeconds: number;
  /** Longest TTL at the edge, in seconds; 0 where it doesn't cache. */
  readonly edgeTtlSeconds: number;
  /** Time after its freshness for which a value may be served while it is loaded anew, in seconds. */
  readonly staleWhileRevalidateSeconds: number;
  /** Time after its freshness for which a value may be served where its load fails, in seconds. */
  readonly staleIfErrorSeconds: number;
  /** True where a purge may make values stale instead of removing them. */
  readonly expire: boolean;
  /**
   * Time for which a browser may keep a response, in seconds.
   * @default - browsers ask each time
   */
  readonly browserTtlSeconds?: number;
  /**
   * True where browsers needn't ask when the page is reloaded.
   * @default - they ask
   */
  readonly immutable?: boolean;
}

/** Properties of a route, said once; every tier's configuration follows from them. */
export interface RouteProps {
  /** Names the route in keys, metrics and logs: lower case letters, digits and dashes. */
  readonly name: string;

  /** Path with parameters in braces, such as `/products/{id}`. Every path parameter is part of the cache key. */
  readonly path: string;

  /**
   * The query strings that the origin sees, and that are part of every tier's key. Any other is dropped at the edge.
   * @default - none
   */
  readonly query?: Record<string, QueryParameter>;

  /**
   * Times for which each tier keeps a response.
   * @default - never cached, in no tier
   */
  readonly freshness?: Freshness;

  /**
   * Requests that an entry is for. Of a route with the scope `caller` each caller has entries of its own, in memory and in the
   * shared tier: the caller's id, which `createRouter` is told, is the parameter `caller`, a part of every key, and may be in
   * tags. Edge and gateway keep nothing and hand on cookies and `Authorization`; browsers ask each time. Who isn't known is
   * answered 401. Needs `freshness`, and none of its edge, gateway and browser TTLs.
   * @default - an entry is for everybody
   */
  readonly scope?: RouteScope;

  /**
   * Tag templates; `{id}` is replaced by the parameter of that name, in lower case.
   * @default - none
   */
  readonly tags?: string[];

  /**
   * True where tag versions are read with every hit in the shared tier, so that a purge of a tag holds from the moment it
   * returns; without it a process may go by a version that it read a second ago. Costs a read of each tag with each hit.
   * @default false
   */
  readonly strictTags?: boolean;

  /**
   * Limit of how often each caller may ask for it; `createRouter` answers 429 beyond it. It counts what reaches the function, so
   * not what the edge answers, and it doesn't go together with a gateway TTL.
   * @default - none
   */
  readonly limit?: RouteLimit;

  /**
   * Raise it when the shape of the value changes: old entries are then never read again.
   * @default 1
   */
  readonly version?: number;
}

/** A checked declaration with its defaults filled in. Plain data: it can be serialized and compared. */
export interface Route {
  /** Names the route in keys, metrics and logs. */
  readonly name: string;
  /** Such as `/products/{id}`. */
  readonly path: string;
  /** Names in the path's braces, in order. */
  readonly pathParameters: string[];
  /** Declared query parameters by name; no other is part of any key. */
  readonly query: Record<string, QueryParameter>;

  /**
   * None where the route is never cached.
   * @default - never cached, in no tier
   */
  readonly freshness?: RouteFreshness;

  /**
   * Requests that an entry is for.
   * @default - everybody's
   */
  readonly scope?: RouteScope;

  /** Tag templates. */
  readonly tags: string[];
  /** True where tag versions are read with every hit in the shared tier. */
  readonly strictTags: boolean;

  /**
   * Limit of each caller.
   * @default - none
   */
  readonly limit?: RouteLimit;

  /** Version of the value's shape; entries of another are never read. */
  readonly version: number;
}

/** API Gateway's longest stage cache TTL, in seconds. */
export const MAX_GATEWAY_TTL_SECONDS = 3600;

/** TTLs of a route without freshness. */
const NOT_KEPT = { gatewayTtlSeconds: 0, edgeTtlSeconds: 0 };

const NAME = /^[a-z][a-z0-9-]*$/;
const PATH = /^(\/([A-Za-z0-9._~-]+|\{[A-Za-z][A-Za-z0-9]*\}))+$/;
/**
 * Checks a declaration once, for every tier.
 *
 * @throws {RangeError} that names the property, the rule, the value and the route.
 */
export function defineRoute(props: RouteProps): Route {
  const fail = (property: string, rule: string, got: unknown): never => {
    throw new RangeError(`route '${props.name}': '${property}' ${rule}, got: ${JSON.stringify(got)}`);
  };
  if (!NAME.test(props.name)) fail('name', 'must be lower case letters, digits and dashes', props.name);
  if (!PATH.test(props.path)) {
    fail(
      'path',
      "must be segments such as '/products/{id}', of which keys are made; serve '/' by 'api.restApi.root', and what '/{proxy+}' would by 'edge.addBehavior'",
      props.path,
    );
  }

  const pathParameters = templateParameters(props.path);
  const query = props.query ?? {};
  const known = new Set([...pathParameters, ...Object.keys(query)]);
  const { scope } = props;
  if (scope && known.has(scope)) fail('query', `must not have the name of the route's 'scope', '${scope}'`, [...known]);
  if (known.size < pathParameters.length + Object.keys(query).length) {
    fail('query', 'must not repeat a path parameter', Object.keys(query));
  }
  if (scope) known.add(scope);
  checkNormalize(query, fail);
  const tags = props.tags ?? [];
  for (const tag of tags) {
    const unknown = templateParameters(tag).find((name) => !known.has(name));
    if (unknown) fail('tags', `must use declared parameters only; declare '${unknown}' or remove it`, tag);
    const problem = tagProblem(fillTemplate(tag, () => 'x'));
    if (problem) fail('tags', problem, tag);
  }
  const version = props.version ?? 1;
  if (!Number.isInteger(version) || version < 1) fail('version', 'must be a whole number of at least 1', props.version);

  const freshness = props.freshness && checkFreshness(props.freshness, tags, fail);
  if (scope !== undefined) checkScope(scope, freshness, fail);
  return Object.freeze({
    name: props.name,
    path: props.path,
    pathParameters,
    query,
    freshness,
    ...(scope && { scope }),
    tags,
    strictTags: props.strictTags ?? false,
    ...(props.limit && { limit: checkLimit(props.limit, freshness ?? NOT_KEPT, fail) }),
    version,
  });
}

type Fail = (property: string, rule: string, got: unknown) => never;

function checkFreshness(given: Freshness, tags: readonly string[], fail: Fail): RouteFreshness {
  const freshness: RouteFreshness = {
    memoryTtlSeconds: given.memoryTtlSeconds ?? 1,
    hotMemoryTtlSeconds: given.hotMemoryTtlSeconds ?? given.memoryTtlSeconds ?? 1,
    sharedTtlSeconds: given.sharedTtlSeconds,
    negativeTtlSeconds: given.negativeTtlSeconds ?? 60,
    gatewayTtlSeconds: given.gatewayTtlSeconds ?? 0,
    edgeTtlSeconds: given.edgeTtlSeconds ?? 0,
    staleWhileRevalidateSeconds: given.staleWhileRevalidateSeconds ?? 0,
    staleIfErrorSeconds: given.staleIfErrorSeconds ?? 0,
    expire: given.expire ?? false,
    ...checkBrowsers(given, tags, fail),
  };
  for (const [name, value] of Object.entries(freshness)) {
    if (typeof value === 'boolean') continue;
    if (!Number.isInteger(value) || value < 0) fail(`freshness.${name}`, 'must be a whole number of seconds', value);
  }
  const innerTtlSeconds = freshness.sharedTtlSeconds || freshness.memoryTtlSeconds;
  if (innerTtlSeconds < 1) {
    fail(
      'freshness.sharedTtlSeconds',
      "must be at least 1, or 0 with 'memoryTtlSeconds' of at least 1",
      freshness.sharedTtlSeconds,
    );
  }
  const { memoryTtlSeconds: memory, hotMemoryTtlSeconds: hot } = freshness;
  if (hot !== memory && !(memory > 0 && hot > memory && hot <= freshness.sharedTtlSeconds)) {
    fail(
      'freshness.hotMemoryTtlSeconds',
      `must be at least 'memoryTtlSeconds' (${memory}), which must be more than 0, and at most 'sharedTtlSeconds' (${freshness.sharedTtlSeconds})`,
      hot,
    );
  }
  if (freshness.gatewayTtlSeconds > 0 && freshness.staleIfErrorSeconds > 0) {
    fail(
      'freshness.staleIfErrorSeconds',
      "must be 0 with a 'gatewayTtlSeconds', because the stage cache would keep what is served on an error; set one of them to 0",
      freshness.staleIfErrorSeconds,
    );
  }
  if (freshness.gatewayTtlSeconds > 0 && freshness.expire) {
    fail(
      'freshness.expire',
      "must be false with a 'gatewayTtlSeconds', because the stage cache would keep a purged value; set it to false, or the TTL to 0",
      freshness.expire,
    );
  }
  if (freshness.gatewayTtlSeconds > MAX_GATEWAY_TTL_SECONDS) {
    fail(
      'freshness.gatewayTtlSeconds',
      `must be at most ${MAX_GATEWAY_TTL_SECONDS}, the limit of a stage cache`,
      freshness.gatewayTtlSeconds,
    );
  }
  // A stored response is replayed with its headers, so the edge must get what the inner tiers have left after the gateway's TTL.
  if (freshness.edgeTtlSeconds > 0 && freshness.edgeTtlSeconds + freshness.gatewayTtlSeconds > innerTtlSeconds) {
    fail(
      'freshness.edgeTtlSeconds',
      `plus 'gatewayTtlSeconds' must be at most 'sharedTtlSeconds', or 'memoryTtlSeconds' without it (${innerTtlSeconds})`,
      freshness.edgeTtlSeconds,
    );
  }
  return freshness;
}

/** Checks what browsers may keep, which nothing can purge. */
function checkBrowsers(
  { browserTtlSeconds = 0, immutable = false, purgeLeavesBrowsers = false }: Freshness,
  tags: readonly string[],
  fail: Fail,
): Pick<RouteFreshness, 'browserTtlSeconds' | 'immutable'> {
  if (!Number.isInteger(browserTtlSeconds) || browserTtlSeconds < 0) {
    fail('freshness.browserTtlSeconds', 'must be a whole number of seconds', browserTtlSeconds);
  }
  if (immutable && browserTtlSeconds === 0) {
    fail('freshness.immutable', "must be false without a 'browserTtlSeconds', for which it holds", immutable);
  }
  if (browserTtlSeconds > 0 && tags.length > 0 && !purgeLeavesBrowsers) {
    fail(
      'freshness.browserTtlSeconds',
      "must be 0 with 'tags', because no purge of them reaches a browser; set it to 0, or say 'purgeLeavesBrowsers: true'",
      browserTtlSeconds,
    );
  }
  return browserTtlSeconds > 0 ? { browserTtlSeconds, ...(immutable && { immutable }) } : {};
}
