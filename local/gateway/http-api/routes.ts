import { decodePart } from '../decode';
import type { HttpRoute } from './options';

/** A route that a request leads to. */
export interface RouteMatch {
  readonly route: HttpRoute;
  /** Decoded values by the names in braces, without the `+` of a greedy one. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

/** The route without a path, which takes what no other one does. */
const DEFAULT = '$default';

/**
 * The route of a request: that whose path is the most specific, a fixed segment before a parameter and that before a greedy one,
 * then its own method before `ANY`; `$default` where there is none.
 *
 * @param path without the stage, as sent.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export function matchRoute(routes: readonly HttpRoute[], method: string, path: string): RouteMatch | undefined {
  let best: (RouteMatch & { readonly rank: string }) | undefined;
  for (const route of routes) {
    const [routeMethod = '', pattern] = route.key.split(' ');
    if (pattern === undefined || (routeMethod !== 'ANY' && routeMethod !== method)) continue;
    const match = matchPattern(pattern, path);
    if (!match) continue;
    const rank = `${match.rank}${routeMethod === 'ANY' ? 0 : 1}`;
    if (!best || rank > best.rank) best = { route, pathParameters: match.pathParameters, rank };
  }
  if (best) return best;
  const fallback = routes.find(({ key }) => key === DEFAULT);
  return fallback && { route: fallback, pathParameters: {} };
}

/** @returns a rank beside the parameters, a digit a segment: the larger text is the more specific. */
function matchPattern(pattern: string, path: string) {
  const wanted = segmentsOf(pattern);
  const sent = segmentsOf(path);
  const pathParameters: Record<string, string> = Object.create(null);
  let rank = '';
  for (const [index, part] of wanted.entries()) {
    const greedy = /^\{(.+)\+\}$/.exec(part)?.[1];
    if (greedy !== undefined) {
      if (index >= sent.length) return undefined;
      pathParameters[greedy] = sent.slice(index).map(decodePart).join('/');
      return { pathParameters, rank: `${rank}0` };
    }
    const segment = sent[index];
    if (segment === undefined) return undefined;
    const name = /^\{(.+)\}$/.exec(part)?.[1];
    if (name === undefined && part !== segment) return undefined;
    if (name !== undefined) pathParameters[name] = decodePart(segment);
    rank += name === undefined ? '2' : '1';
  }
  return wanted.length === sent.length ? { pathParameters, rank } : undefined;
}

const segmentsOf = (path: string): string[] => path.replace(/\/$/, '').split('/').slice(1);
