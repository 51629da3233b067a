import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Context under which an account says which quotas AWS has raised for it, by their names here. */
const RAISED = 'cachement:quotas';

/** Quota of an account, a distribution or an API, and its default. */
interface Quota {
  readonly most: number;
  /** Unit and owner of what is counted. */
  readonly of: string;
  /** Way to need fewer. */
  readonly fewer: string;
}

const SAME = "give routes the same query strings and 'edgeTtlSeconds', which share one";

/**
 * Quotas that AWS raises on request, with their defaults.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
 */
const QUOTAS = {
  cachePolicies: { most: 20, of: 'cache policies of an account', fewer: SAME },
  edgeFunctions: { most: 100, of: 'CloudFront functions of an account', fewer: 'give routes one query string, which needs none' },
  behaviors: { most: 75, of: 'behaviours of a distribution', fewer: 'serve some routes by a distribution of their own' },
  queryStrings: { most: 10, of: 'query strings of a cache policy', fewer: 'make one of several' },
  apiResources: { most: 300, of: 'resources of an API', fewer: 'serve some routes by an API of their own' },
} as const satisfies Record<string, Quota>;

/** Name of a quota. */
export type QuotaName = keyof typeof QUOTAS;

/**
 * @param needed number that this app needs, of an account that has nothing else.
 * @returns a problem where it is more than AWS gives, with the number and what to do.
 */
export function quotaProblems(owner: IConstruct, what: string, quota: QuotaName, needed: number): string[] {
  const { of, fewer, most: byDefault }: Quota = QUOTAS[quota];
  const raised = owner.node.tryGetContext(RAISED)?.[quota];
  const most = typeof raised === 'number' ? raised : byDefault;
  if (needed <= most) return [];
  return [
    `${what}: ${of} must be at most ${most}, got: ${needed}; ${fewer}, or ask AWS for more and then set the context '${RAISED}' to { "${quota}": ${needed} }`,
  ];
}

/** @returns the number of constructs of a kind in all stacks of the app that are of the account of this one. */
export function countInAccount(owner: IConstruct, isCounted: (construct: IConstruct) => boolean): number {
  const { account } = Stack.of(owner);
  return owner.node.root.node.findAll().filter((construct) => isCounted(construct) && Stack.of(construct).account === account)
    .length;
}
