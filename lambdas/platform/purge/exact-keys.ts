import { fillTemplate, tagMatcher } from '../../../lib/route/template';

/** More keys than this are flushed: each refresh is a read of its own, and a flush one call. */
export const MAX_REFRESHES = 10;

/** Path of the one request whose response carries a tag, as a lookup. @returns undefined for a tag that others may carry too. */
export function pathOf(exactTags: Readonly<Record<string, string>>): (tag: string) => string | undefined {
  const templates = Object.entries(exactTags).map(([tag, path]) => ({ match: tagMatcher(tag), path }));
  return (tag) => {
    for (const { match, path } of templates) {
      const values = match(tag);
      if (values) return fillTemplate(path, (name) => values[name]);
    }
    return undefined;
  };
}

/**
 * The requests that refresh everything in the stage cache that these purges are for.
 *
 * @returns undefined where that isn't known, or is too much: only a flush does it then.
 */
export function refreshPaths(
  purges: readonly { readonly tags: readonly string[]; readonly paths: readonly string[] }[],
  exactTags: Readonly<Record<string, string>>,
): string[] | undefined {
  const exactPath = pathOf(exactTags);
  const found = new Set<string>();
  for (const { tags, paths } of purges) {
    const exact = [...paths.map((path) => (path.endsWith('*') ? undefined : path)), ...tags.map(exactPath)];
    for (const path of exact) {
      if (path === undefined || found.size > MAX_REFRESHES) return undefined;
      found.add(path);
    }
  }
  return found.size > 0 && found.size <= MAX_REFRESHES ? [...found] : undefined;
}
