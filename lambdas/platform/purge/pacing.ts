import { EDGE_MONTHLY_ITEMS, EDGE_WINDOW_MS, ESCALATE_FROM, GATEWAY_WINDOW_MS } from '../../../lib/contract/defaults';
import { tagMatcher } from '../../../lib/route/template';

/** Pacing of the outer tiers. Times are in milliseconds. */
export interface Pacing {
  /**
   * Time in which purges share a flush of the gateway, at most; half of the drain where that is less.
   * @default 250
   */
  readonly gatewayWindowMs: number;

  /**
   * Time for which a batch for the edge is open to further purges.
   * @default 1000
   */
  readonly edgeWindowMs: number;

  /**
   * Items a month that the edge may cost; 0 is as many as there are. At 100 % tags with a declared parent are purged by their
   * parent, and others are left to their TTL; at 110 % the parents are too. Urgent purges always go.
   * @default 0
   */
  readonly monthlyItems: number;

  /**
   * Parent tag by the template of a tag, such as `product:{id}` to `products`. Every response with the one must carry the other.
   * @default - none
   */
  readonly parentTags: Readonly<Record<string, string>>;

  /**
   * Path by the template of a tag that is on the responses of that path alone, such as `product:{id}` to `/products/{id}`: the
   * stage cache is asked to refresh it instead of being flushed.
   * @default - none
   */
  readonly exactTags: Readonly<Record<string, string>>;

  /**
   * Number of tags of one parent in a batch from which on the parent is purged instead: one item instead of many, for more
   * misses.
   * @default 100
   */
  readonly escalateFrom: number;

  /**
   * Calls of CreateInvalidation that may come in a second (token bucket). Throttles were seen after 6 or 7 quick ones.
   *
   * @see https://github.com/aws/aws-sdk-js/issues/3983
   * @default - as many as windows end in a second, but 1 to 2
   */
  readonly callsPerSecond: number;
}

export const DEFAULT_PACING: Pacing = {
  gatewayWindowMs: GATEWAY_WINDOW_MS,
  edgeWindowMs: EDGE_WINDOW_MS,
  monthlyItems: EDGE_MONTHLY_ITEMS,
  parentTags: {},
  exactTags: {},
  escalateFrom: ESCALATE_FROM,
  callsPerSecond: 1,
};

/** A bucket that is refilled more slowly than windows end would make every batch wait for the one before. */
export function callsPerSecond(edgeWindowMs: number): number {
  return Math.min(2, Math.max(1, 1000 / Math.max(1, edgeWindowMs)));
}

/** CloudFront's limits of what is in progress in one distribution, each tag and path without a wildcard an item. */
export const MAX_ITEMS_IN_PROGRESS = 3000;
export const MAX_WILDCARDS_IN_PROGRESS = 15;

/**
 * Items of one batch: a tag has at most 256 characters, and the batch must fit into one event of 256 KiB.
 */
export const MAX_ITEMS = 500;

/** Calls of CreateInvalidation that may come at once, where there were none for a while. */
export const CALLS_AT_ONCE = 5;

/** Share of the budget from which on parents are left to their TTL too. */
export const LAST_SHARE = 1.1;

/** Parent that stands for a tag of one of the templates, as a lookup. @returns undefined for a tag without one. */
export function parentOf({ parentTags }: Pick<Pacing, 'parentTags'>): (tag: string) => string | undefined {
  const templates = Object.entries(parentTags).map(([template, parent]) => ({ match: tagMatcher(template), parent }));
  return (tag) => templates.find(({ match }) => match(tag))?.parent;
}
