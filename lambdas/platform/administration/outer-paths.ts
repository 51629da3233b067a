import { fillTemplate, templateParameters } from '../../../lib/route/template';
import { pathProblem } from '../purge/edge-path';

/**
 * Path of each route by its name, with a `?` in the end where it has query strings, as the variable `CACHE_ROUTES` has them.
 */
export type RoutePaths = Readonly<Record<string, string>>;

/**
 * Paths at which the edge and the gateway serve entries, by their names: `<route>/<version>/<path parameters>/<query>`. Where
 * query strings are part of the key every request of the path is meant, because one entry answers several spellings.
 *
 * @returns none for an entry that isn't a route's, and for one that is known by its hash, which only the shared tier has.
 */
export function outerPaths(names: readonly string[], routes: RoutePaths): string[] {
  const paths = new Set<string>();
  for (const name of names) {
    const [route = '', , ...parameters] = name.split('/');
    const template = Object.hasOwn(routes, route) ? routes[route] : undefined;
    if (!template) continue;
    const hasQuery = template.endsWith('?');
    const plain = hasQuery ? template.slice(0, -1) : template;
    const values = new Map(templateParameters(plain).map((parameter, i) => [parameter, parameters[i]]));
    const path = fillTemplate(plain, (parameter) => values.get(parameter)?.replaceAll('*', '%2A'));
    if (!path || pathProblem(path)) continue;
    paths.add(path);
    if (hasQuery) paths.add(`${path}?*`);
  }
  return [...paths];
}
