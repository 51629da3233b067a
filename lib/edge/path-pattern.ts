import { pathShape } from '../gateway/route-checks';

/** @returns the path pattern of a behaviour that answers a route's path; `*` in it takes slashes too. */
export const pathPattern = pathShape;

/**
 * Compares patterns by precedence at CloudFront, which takes the first one that matches: more segments first, then the one with
 * more literal segments in front.
 */
export function byPrecedence(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  if (left.length !== right.length) return right.length - left.length;
  for (const [index, segment] of left.entries()) {
    const [wild, otherWild] = [segment === '*', right[index] === '*'];
    if (wild !== otherWild) return wild ? 1 : -1;
  }
  return a < b ? -1 : 1;
}
