import { PATH_OR_TAG_PARAMETER, templateParameters } from '../../../lib/route';
import { tagPattern } from '../../../lib/route/tag-pattern';
import type { LedgerPurge } from './ledger';

/** More keys than this are flushed: each refresh is a read of its own, and a flush one call. */
export const MAX_REFRESHES = 10;

/** The one request whose response carries a tag, by templates of both. @returns undefined for a tag that others may carry too. */
export function pathOf(exactTags: Readonly<Record<string, string>>): (tag: string) => string | undefined {
  const templates = Object.entries(exactTags).map(([tag, path]) => ({
    pattern: tagPattern(tag),
    names: templateParameters(tag),
    path,
  }));
  return (tag) => {
    for (const { pattern, names, path } of templates) {
      const match = pattern.exec(tag);
      if (match) return path.replace(PATH_OR_TAG_PARAMETER, (_, name: string) => match[names.indexOf(name) + 1] as string);
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
  purges: readonly Pick<LedgerPurge, 'tags' | 'paths'>[],
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
