import { PATH_OR_TAG_PARAMETER, type Route, tagProblem, worstCaseStalenessSeconds } from '../lib/route';
import { routes as sampleRoutes } from '../routes';

/** First items of a month, which cost nothing, and the price of each one after. us-east-1, November 2026. */
const FREE_ITEMS = 1000;
const USD_PER_ITEM = 0.005;

/** The routes whose responses carry a tag. */
export function routesOfTag(tag: string, routes: readonly Route[]): Route[] {
  return routes.filter((route) =>
    route.tags.some((template) => {
      const literals = template.split(PATH_OR_TAG_PARAMETER).filter((_, index) => index % 2 === 0);
      return new RegExp(`^${literals.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+')}$`).test(tag);
    }),
  );
}

/**
 * What a purge would touch and cost, from the routes' declaration alone.
 *
 * @throws {RangeError} that says what is wrong with a tag, or that there is none.
 */
export function describePurge(
  { tags, paths }: { readonly tags: readonly string[]; readonly paths: readonly string[] },
  routes: readonly Route[] = sampleRoutes,
): string {
  if (tags.length + paths.length === 0) throw new RangeError("'--tag' or '--path' is needed, such as --tag place:2950159");
  if (tags.length > 50) throw new RangeError(`at most 50 tags can be purged at once, got: ${tags.length}`);
  for (const tag of tags) {
    const problem = tagProblem(tag);
    if (problem) throw new RangeError(problem.slice(0, 300));
  }
  const lines: string[] = [];
  for (const tag of new Set(tags)) {
    const touched = routesOfTag(tag, routes);
    if (touched.length === 0) lines.push(`tag ${tag}: no route declares it; nothing would be touched`);
    for (const route of touched) {
      const { gatewayTtlSeconds = 0, edgeTtlSeconds = 0 } = route.freshness ?? {};
      const tiers = ['memory', 'shared', ...(gatewayTtlSeconds > 0 ? ['gateway'] : []), ...(edgeTtlSeconds > 0 ? ['edge'] : [])];
      lines.push(
        `tag ${tag}: route ${route.name} (${route.path}), tiers ${tiers.join(', ')}; were it lost, at most ${worstCaseStalenessSeconds(route)} s stale`,
      );
    }
  }
  for (const path of new Set(paths)) lines.push(`path ${path}: tiers gateway, edge`);
  const items = new Set(tags).size + new Set(paths).size;
  lines.push('the gateway: at most one flush of the whole stage cache, shared with other purges');
  lines.push(
    `the edge: at most ${items} item${items === 1 ? '' : 's'}, ${(items * USD_PER_ITEM).toFixed(3)} USD once the month's ${FREE_ITEMS} free items are used`,
  );
  return lines.join('\n');
}
