import type { Route } from '../route';

/**
 * Checks that purging a parent purges at least as much as purging the tags that it stands for.
 *
 * @throws {RangeError} that names the route that has a tag without its parent, or says that no route has the tag.
 */
export function checkParentTags(parentTags: Readonly<Record<string, string>>, routes: readonly Route[]): void {
  for (const [tag, parent] of Object.entries(parentTags)) {
    const carrying = routes.filter(({ tags }) => tags.includes(tag));
    if (carrying.length === 0) {
      throw new RangeError(
        `'parentTags': '${tag}' must be a tag of a route, got: none that has it; remove it, or add it to 'tags'`,
      );
    }
    const without = carrying.find(({ tags }) => !tags.includes(parent));
    if (without) {
      throw new RangeError(
        `'parentTags': every route with '${tag}' must have its parent '${parent}' too, got: route '${without.name}' without; add it to its 'tags'`,
      );
    }
  }
}
