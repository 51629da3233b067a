import { MAX_TAGS_PER_RESPONSE, type Route, templateParameters } from '../../../lib/route';
import { tagMatcher } from '../../../lib/route/template';
import { log } from '../log';
import { reportMetrics } from '../purge/metrics';

/** Policy for a response with more tags than the edge keeps: `fail` or `drop`. */
export type TooManyTags = 'fail' | 'drop';

/**
 * The tags of a response as the edge takes them. Beyond the 50 that CloudFront keeps, a purge of a tag wouldn't reach the
 * response; the most general ones are kept, because a purge of those reaches the most, and what is left out is counted in
 * `TagsDropped`.
 *
 * @throws {RangeError} where there are more and that is to fail.
 */
export function responseTags(route: Route, tags: readonly string[], tooMany: TooManyTags): readonly string[] {
  if (tags.length <= MAX_TAGS_PER_RESPONSE) return tags;
  const dropped = tags.length - MAX_TAGS_PER_RESPONSE;
  if (tooMany === 'fail') {
    throw new RangeError(
      `route '${route.name}': a response must have at most ${MAX_TAGS_PER_RESPONSE} tags, which is what CloudFront keeps, got: ${tags.length}; declare a tag that stands for many`,
    );
  }
  log.warn('tags left out of a response', { route: route.name, tags: tags.length });
  reportMetrics({ TagsDropped: dropped });
  return mostGeneralFirst(route, tags).slice(0, MAX_TAGS_PER_RESPONSE);
}

/**
 * Declared tags before those that a loader named; of the declared ones, those with fewer parameters first. Otherwise as they
 * were.
 */
function mostGeneralFirst(route: Route, tags: readonly string[]): string[] {
  const templates = route.tags.map((template) => ({
    match: tagMatcher(template),
    parameters: templateParameters(template).length,
  }));
  const rank = (tag: string): number =>
    Math.min(...templates.filter(({ match }) => match(tag)).map(({ parameters }) => parameters));
  return tags
    .map((tag) => ({ tag, rank: rank(tag) }))
    .sort((a, b) => (a.rank === b.rank ? 0 : a.rank - b.rank))
    .map(({ tag }) => tag);
}
