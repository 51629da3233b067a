import { tagProblem } from './tag';

/** How one query string takes part in the cache key of every tier. */
export interface QueryParameter {
  /**
   * What an absent parameter means; the entry key is the same as if it had been sent.
   * @default - an absent parameter is a key of its own
   */
  readonly default?: string;

  /**
   * Whether a request without it is refused with 400.
   * @default false
   */
  readonly required?: boolean;
}

/** For how long each tier may keep a response of the route. All values are whole seconds. */
export interface Freshness {
  /**
   * How long a value may stay in the memory of one process. It bounds how stale a purged value can be there, since a frozen Lambda
   * environment hears no purge.
   * @default 1
   */
  readonly memoryTtlSeconds?: number;

  /** How long the shared tier keeps a value at most (hard TTL). */
  readonly sharedTtlSeconds: number;

  /**
   * How long the absence of a value is kept (negative entry).
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
}

/** What is said of a route, once; every tier's configuration follows from it. */
export interface RouteProps {
  /** Names the route in keys, metrics and logs: lower case letters, digits and dashes. */
  readonly name: string;

  /** Path with parameters in braces, such as `/places/{id}`. Every path parameter is part of the cache key. */
  readonly path: string;

  /**
   * The query strings that the origin sees, and that are part of every tier's key. Any other is dropped at the edge.
   * @default - none
   */
  readonly query?: Readonly<Record<string, QueryParameter>>;

  /**
   * For how long each tier keeps a response.
   * @default - never cached, in no tier
   */
  readonly freshness?: Freshness;

  /**
   * Tag templates; `{id}` is replaced by the parameter of that name, in lower case.
   * @default - none
   */
  readonly tags?: readonly string[];

  /**
   * Raise it when the shape of the value changes: old entries are then never read again.
   * @default 1
   */
  readonly version?: number;
}

/** A checked declaration with its defaults filled in. Plain data: it can be serialized and compared. */
export interface Route {
  readonly name: string;
  readonly path: string;
  readonly pathParameters: readonly string[];
  readonly query: Readonly<Record<string, QueryParameter>>;
  readonly freshness: Required<Freshness> | undefined;
  readonly tags: readonly string[];
  readonly version: number;
}

/** API Gateway's longest stage cache TTL, in seconds. */
export const MAX_GATEWAY_TTL_SECONDS = 3600;

const NAME = /^[a-z][a-z0-9-]*$/;
const PATH = /^(\/([A-Za-z0-9._~-]+|\{[A-Za-z][A-Za-z0-9]*\}))+$/;
/** Matches one parameter in braces; its first group is the name. */
export const PATH_OR_TAG_PARAMETER = /\{([A-Za-z][A-Za-z0-9]*)\}/g;

/** @returns the names in braces of a path or tag template, in order. */
export function templateParameters(template: string): string[] {
  return [...template.matchAll(PATH_OR_TAG_PARAMETER)].map((match) => match[1] as string);
}

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
  if (!PATH.test(props.path)) fail('path', "must be segments such as '/places/{id}'", props.path);

  const pathParameters = templateParameters(props.path);
  const query = props.query ?? {};
  const known = new Set([...pathParameters, ...Object.keys(query)]);
  if (known.size < pathParameters.length + Object.keys(query).length) {
    fail('query', 'must not repeat a path parameter', Object.keys(query));
  }
  const tags = props.tags ?? [];
  for (const tag of tags) {
    const unknown = templateParameters(tag).find((name) => !known.has(name));
    if (unknown) fail('tags', `must use declared parameters only; declare '${unknown}' or remove it`, tag);
    const problem = tagProblem(tag.replace(PATH_OR_TAG_PARAMETER, 'x'));
    if (problem) fail('tags', problem, tag);
  }
  const version = props.version ?? 1;
  if (!Number.isInteger(version) || version < 1) fail('version', 'must be a whole number of at least 1', props.version);

  return Object.freeze({
    name: props.name,
    path: props.path,
    pathParameters,
    query,
    freshness: props.freshness && checkFreshness(props.freshness, fail),
    tags,
    version,
  });
}

function checkFreshness(given: Freshness, fail: (property: string, rule: string, got: unknown) => never): Required<Freshness> {
  const freshness: Required<Freshness> = {
    memoryTtlSeconds: given.memoryTtlSeconds ?? 1,
    sharedTtlSeconds: given.sharedTtlSeconds,
    negativeTtlSeconds: given.negativeTtlSeconds ?? 60,
    gatewayTtlSeconds: given.gatewayTtlSeconds ?? 0,
    edgeTtlSeconds: given.edgeTtlSeconds ?? 0,
  };
  for (const [name, value] of Object.entries(freshness)) {
    if (!Number.isInteger(value) || value < 0) fail(`freshness.${name}`, 'must be a whole number of seconds', value);
  }
  if (freshness.sharedTtlSeconds < 1) fail('freshness.sharedTtlSeconds', 'must be at least 1', freshness.sharedTtlSeconds);
  if (freshness.gatewayTtlSeconds > MAX_GATEWAY_TTL_SECONDS) {
    fail(
      'freshness.gatewayTtlSeconds',
      `must be at most ${MAX_GATEWAY_TTL_SECONDS}, the limit of a stage cache`,
      freshness.gatewayTtlSeconds,
    );
  }
  // A stored response is replayed with its headers, so the edge must get what the inner tiers have left after the gateway's TTL.
  if (freshness.edgeTtlSeconds > 0 && freshness.edgeTtlSeconds + freshness.gatewayTtlSeconds > freshness.sharedTtlSeconds) {
    fail(
      'freshness.edgeTtlSeconds',
      `plus 'gatewayTtlSeconds' must be at most 'sharedTtlSeconds' (${freshness.sharedTtlSeconds})`,
      freshness.edgeTtlSeconds,
    );
  }
  return freshness;
}
