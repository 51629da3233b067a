import { normalizedText } from './normalize';
import type { Route } from './route';
import { fillTemplate } from './template';

/**
 * The values of a route's path parameters and query strings, by name; of a route with the scope `caller`, the caller's id too.
 */
export type RouteParameters = Readonly<Record<string, string | undefined>>;

/**
 * The name of an entry within its namespace: route, version, the caller where entries are of one, then each declared parameter in
 * the order of the declaration. An absent parameter with a default has the same key as the default; values are percent-encoded,
 * so that none can look like a separator.
 *
 * @throws {RangeError} where a path parameter is missing, or the caller.
 */
export function entryKey(route: Route, parameters: RouteParameters): string {
  const parts = [route.name, String(route.version)];
  for (const name of route.scope ? [route.scope, ...route.pathParameters] : route.pathParameters) {
    const value = parameters[name];
    if (value === undefined) throw new RangeError(`route '${route.name}': parameter '${name}' is missing`);
    parts.push(encodeURIComponent(value));
  }
  for (const [name, parameter] of Object.entries(route.query)) {
    const value = parameters[name] ?? parameter.default;
    if (value !== undefined) parts.push(`${name}=${encodeURIComponent(value)}`);
  }
  return parts.join('/');
}

/** The route's tags for these parameters: templates filled in, in lower case. Parameters without a value leave their tag out. */
export function routeTags(route: Route, parameters: RouteParameters): string[] {
  const tagValueOf = (name: string): string | undefined => {
    const value = parameters[name] ?? route.query[name]?.default;
    return value === undefined ? undefined : tagValue(value);
  };
  return route.tags.flatMap((template) => fillTemplate(template, tagValueOf) ?? []);
}

/** Text made fit for a tag: percent-encoded, so that it brings in no separators and wildcards, then lower case. */
export function tagValue(value: string): string {
  return encodeURIComponent(value).replaceAll('*', '%2a').toLowerCase();
}

/**
 * A route's parameters with each query string in its one spelling, as `createRouter` hands them on. For whoever makes a key
 * without a request: to warm, look at or delete an entry.
 */
export function normalizedParameters(route: Route, parameters: RouteParameters): RouteParameters {
  const normalized: Record<string, string | undefined> = Object.assign(Object.create(null), parameters);
  for (const [name, { normalize }] of Object.entries(route.query)) {
    const value = normalized[name];
    if (normalize && value !== undefined) normalized[name] = normalizedText(value, normalize);
  }
  return normalized;
}
