import { type Route, tagProblem, worstCaseStalenessSeconds } from '../lib/route';
import { tagMatcher } from '../lib/route/template';
import { UsageError } from './arguments';
import { ROUTES_OPTION } from './routes';

/** First items of a month, which cost nothing, and the price of each one after. us-east-1, November 2026. */
const FREE_ITEMS = 1000;
const USD_PER_ITEM = 0.005;

/** Tags and paths of a purge. */
export interface PurgedNames {
  readonly tags: readonly string[];
  readonly paths: readonly string[];
}

/** The routes whose responses carry a tag, as they declare it. */
export function routesOfTag(tag: string, routes: readonly Route[]): Route[] {
  return routes.filter((route) => route.tags.some((template) => tagMatcher(template)(tag) !== undefined));
}

/** @throws {UsageError} that says what is wrong with a tag, or that there is none. */
export function checkPurge({ tags, paths }: PurgedNames): void {
  if (tags.length + paths.length === 0) throw new UsageError("'--tag' or '--path' is needed, such as --tag product:1");
  if (tags.length > 50) throw new UsageError(`at most 50 tags can be purged at once, got: ${tags.length}`);
  for (const tag of tags) {
    const problem = tagProblem(tag);
    if (problem) throw new UsageError(problem.slice(0, 300));
  }
}

/**
 * Text of what a purge would touch and cost.
 *
 * @param routes every route of the app; undefined where they aren't known, of which the text says what it leaves open.
 */
export function describePurge({ tags, paths }: PurgedNames, routes: readonly Route[] | undefined): string {
  const items = new Set(tags).size + new Set(paths).size;
  return [
    ...(routes ? [...new Set(tags)].flatMap((tag) => describeTag(tag, routes)) : describeUnknown(tags)),
    ...[...new Set(paths)].map((path) => `path ${path}: tiers gateway, edge`),
    'the gateway: at most one flush of the whole stage cache, shared with other purges',
    `the edge: at most ${items} item${items === 1 ? '' : 's'}, ${(items * USD_PER_ITEM).toFixed(3)} USD once the month's ${FREE_ITEMS} free items are used`,
  ].join('\n');
}

function describeTag(tag: string, routes: readonly Route[]): string[] {
  const touched = routesOfTag(tag, routes);
  if (touched.length === 0) return [`tag ${tag}: no route declares it; it would touch only values whose loader added it`];
  return touched.map((route) => {
    const { gatewayTtlSeconds = 0, edgeTtlSeconds = 0 } = route.freshness ?? {};
    const tiers = ['memory', 'shared', ...(gatewayTtlSeconds > 0 ? ['gateway'] : []), ...(edgeTtlSeconds > 0 ? ['edge'] : [])];
    return `tag ${tag}: route ${route.name} (${route.path}), tiers ${tiers.join(', ')}; were it lost, at most ${worstCaseStalenessSeconds(route)} s stale`;
  });
}

function describeUnknown(tags: readonly string[]): string[] {
  if (tags.length === 0) return [];
  return [
    ...[...new Set(tags)].map((tag) => `tag ${tag}: whatever carries it, in every tier; which routes these are isn't known`),
    `for routes, tiers and worst-case staleness, name the module that exports your routes: ${ROUTES_OPTION}`,
  ];
}
