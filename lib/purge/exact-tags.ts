import { type Route, templateParameters } from '../route';

/**
 * @returns the path of each tag that names one key of the stage cache.
 *
 * @throws {RangeError} where a tag can't name the whole key.
 */
export function exactPaths(exactTags: Readonly<Record<string, Route>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(exactTags).map(([tag, route]) => {
      const fail = (rule: string): never => {
        throw new RangeError(
          `'exactTags': '${tag}' ${rule}, got: route '${route.name}' (${route.path}); remove it, and the stage is flushed`,
        );
      };
      if (!route.tags.includes(tag)) fail('must be a tag of its route');
      if (route.scope) fail('must be of a route that the gateway keeps, which it does of none with a scope');
      if (Object.keys(route.query).length > 0) fail('must be of a route without query strings, which are parts of the key too');
      const named = templateParameters(tag);
      if (!route.pathParameters.every((name) => named.includes(name))) fail('must name every parameter of the path');
      return [tag, route.path];
    }),
  );
}
