import { PATH_OR_TAG_PARAMETER, type Route } from './route';

/** The values of a route's path parameters and query strings, by name. */
export type RouteParameters = Readonly<Record<string, string | undefined>>;

/**
 * The name of an entry within its namespace: route, version, then each declared parameter in the order of the declaration.
 * An absent parameter with a default has the same key as the default; values are percent-encoded, so that none can look like a separator.
 *
 * @throws {RangeError} where a path parameter is missing.
 */
export function entryKey(route: Route, parameters: RouteParameters): string {
  const parts = [route.name, String(route.version)];
  for (const name of route.pathParameters) {
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
  const tags: string[] = [];
  for (const template of route.tags) {
    let complete = true;
    const tag = template.replace(PATH_OR_TAG_PARAMETER, (_, name: string) => {
      const value = parameters[name] ?? route.query[name]?.default;
      if (value === undefined) complete = false;
      return tagValue(value ?? '');
    });
    if (complete) tags.push(tag);
  }
  return tags;
}

/** Makes any text fit for a tag: percent-encoded, so that separators and wildcards can't be smuggled in, then lower case. */
export function tagValue(value: string): string {
  return encodeURIComponent(value).replaceAll('*', '%2a').toLowerCase();
}
