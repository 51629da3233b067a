import type { BehaviorOptions } from './options';

/** Finds the behaviour of a path: the first whose pattern matches, and the last of all for the rest. */
export class Behaviors {
  readonly #patterns: { readonly matches: (path: string) => boolean; readonly behavior: BehaviorOptions }[];

  readonly #behaviors: readonly BehaviorOptions[];

  /** @param behaviors in the order of the template, the default behaviour last. */
  constructor(behaviors: readonly BehaviorOptions[]) {
    this.#behaviors = behaviors;
    this.#patterns = behaviors.slice(0, -1).map((behavior) => ({ matches: pathMatcher(behavior.pathPattern), behavior }));
  }

  /** @param path as the viewer sent it; it is normalised before it is compared. */
  find(path: string): BehaviorOptions {
    if (this.#patterns.length > 0) {
      const normalized = normalizePath(path);
      for (const { matches, behavior } of this.#patterns) if (matches(normalized)) return behavior;
    }
    return this.#behaviors[this.#behaviors.length - 1] as BehaviorOptions;
  }
}

/** True where a behaviour lets a method through; CloudFront answers 403 to the others. */
export function allows(behavior: BehaviorOptions, method: string): boolean {
  return behavior.allowedMethods.includes(method);
}

/**
 * True where responses to the method are cached: never those to other methods than GET, HEAD and OPTIONS, nor under a maximum TTL
 * of 0.
 */
export function caches(behavior: BehaviorOptions, method: string): boolean {
  return behavior.cachePolicy.maxTtlSeconds > 0 && behavior.cachedMethods.includes(method);
}

/**
 * A predicate for a path pattern. Patterns are case-sensitive, match the whole path, and mean the same with and without a leading
 * slash.
 */
export function pathMatcher(pattern: string): (path: string) => boolean {
  const rooted = pattern.startsWith('/') || pattern.startsWith('*') ? pattern : `/${pattern}`;
  if (!/[*?]/.test(rooted)) return (path) => path === rooted;
  const prefix = /^([^*?]*)\*$/.exec(rooted);
  if (prefix) return (path) => path.startsWith(prefix[1] as string);
  const source = rooted
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, 's');
  return (path) => expression.test(path);
}

/**
 * A path as behaviours and invalidations compare it (RFC 3986, section 6.2.2): no dot segments, no empty segments, unreserved
 * characters unescaped and other escapes in upper case. The origin gets the path as it was sent.
 */
export function normalizePath(path: string): string {
  if (!path.includes('%') && !path.includes('//') && !path.includes('/.')) return path;
  const unescaped = path.replace(/%([0-9a-f]{2})/gi, (encoded, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : encoded.toUpperCase();
  });
  const segments: string[] = [];
  const all = unescaped.split('/');
  for (const [index, segment] of all.entries()) {
    if (segment === '..') segments.pop();
    else if (segment !== '.' && segment !== '') segments.push(segment);
    if (index === all.length - 1 && (segment === '' || segment === '.' || segment === '..')) segments.push('');
  }
  return `/${segments.join('/')}`;
}
