import * as fs from 'node:fs';
import * as path from 'node:path';
import type { EditableTemplate, TestPlatform } from '../../test/support/platform';
import { round } from '../support/benchmark';
import type { Scenario, ScenarioRun } from './scenario';
import { changedSite, deploy, pagesOf } from './static-site/deployment';
import type { BeyondOriginArgs, ViewsArgs } from './static-site/traffic';
import type { LoadResult } from './traffic';

/** Requests of both halves; few enough for a test at small size. */
const REQUESTS = { full: 200_000, small: 8_000 };
const CONCURRENCY = 16;
/** One request in so many is asked once more of an edge that keeps nothing. */
const UNCACHED_EVERY = 50;
const CHANGED_SHARE = 0.05;
/** Median time that an origin is away. */
const ORIGIN_LATENCY_MS = 100;
/** Time with a dead origin, and requests a second in it. */
const DEAD_SECONDS = { full: 60, small: 5 };
const DEAD_PER_SECOND = 200;

/**
 * Managed cache policy CachingDisabled.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
 */
const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const TWIN = 'ScenarioTwin';

const TRAFFIC = path.join(__dirname, 'static-site/traffic.ts');

interface Seen {
  readonly assets: string[];
  readonly missing: string[];
}

export const scenario: Scenario = {
  name: 'static-site',
  what: `200,000 requests by Zipf 1.0 for 2000 pages and what they show, of an edge whose origin is ${ORIGIN_LATENCY_MS} ms away; a deployment at half; the origin dead at the end`,
  bars: [
    { figure: 'withoutOrigin', what: 'answers without asking the origin', atLeast: 0.92, small: { atLeast: 0.8 } },
    { figure: 'bytesFromOrigin', what: 'bytes from the origin, of those that viewers got', atMost: 0.09, small: { atMost: 0.2 } },
    {
      figure: 'ttfbVsUncached',
      what: 'mean time to the first byte of an edge without a cache, over ours',
      atLeast: 7.1,
      small: { atLeast: 2 },
    },
    { figure: 'assets404', what: 'assets of older and newer pages that were gone', atMost: 0 },
    {
      figure: 'itemsPurgedPerChangedPage',
      what: 'items that the distribution accepted, by changed pages',
      atLeast: 1,
      atMost: 1,
    },
    { figure: 'staleAfterSettle', what: 'changed pages that the edge still shows as they were', atMost: 0 },
    { figure: 'errorsWhileDead', what: 'failed answers of what the edge had when the origin died', atMost: 0 },
    { figure: 'failed', what: 'failed answers before that', atMost: 0 },
  ],
  context: (size) => (size === 'full' ? { pages: 2000, assets: 500 } : { pages: 200, assets: 50 }),
  settings: { edge: { originLatencyMs: ORIGIN_LATENCY_MS } },
  edit: addTwin,
  play,
};

/** A second distribution before the same bucket, of which no behaviour keeps anything. */
function addTwin(template: EditableTemplate): void {
  const found = Object.entries<EditableTemplate>(template.Resources ?? {}).find(
    ([, { Type }]) => Type === 'AWS::CloudFront::Distribution',
  );
  if (!found) return;
  const [id, distribution] = found;
  const twin = structuredClone(distribution);
  const config = twin.Properties.DistributionConfig;
  for (const behavior of [config.DefaultCacheBehavior, ...config.CacheBehaviors]) behavior.CachePolicyId = CACHING_DISABLED;
  delete config.Aliases;
  template.Resources[TWIN] = twin;
  for (const { Type, Properties } of Object.values<EditableTemplate>(template.Resources)) {
    if (Type !== 'AWS::S3::BucketPolicy') continue;
    const statements = Properties.PolicyDocument.Statement as object[];
    const own = statements.filter((statement) => JSON.stringify(statement).includes(`"${id}"`));
    statements.push(...own.map((statement) => JSON.parse(JSON.stringify(statement).replaceAll(`"${id}"`, `"${TWIN}"`))));
  }
}

async function play(run: ScenarioRun): Promise<Record<string, unknown>> {
  const { platform, edge, size, seed } = run;
  const pages = pagesOf(platform);
  const args: ViewsArgs = {
    edge,
    pages,
    popularity: seed,
    uncached: { edge: twinOf(platform), every: UNCACHED_EVERY },
  };
  const half = { module: TRAFFIC, exportName: 'views', count: REQUESTS[size] / 2, concurrency: CONCURRENCY };
  const first = await run.load<ViewsArgs>({ ...half, args, name: 'first half' });
  const seenFirst = first.figures as Seen;

  const accepted = platform.edge.stats().acceptedItems;
  const { folder, changed } = changedSite(platform, Math.ceil(pages.length * CHANGED_SHARE));
  run.note(`deploying a site with ${changed.length} other pages`);
  const deployed = deploy(platform, folder).finally(() => fs.rmSync(folder, { recursive: true, force: true }));
  const [second] = await Promise.all([
    run.load<ViewsArgs>({ ...half, seed: seed + 1, args: { ...args, older: seenFirst.assets }, name: 'second half' }),
    deployed,
  ]);
  const seenSecond = second.figures as Seen;
  await run.settle();
  const itemsPurged = platform.edge.stats().acceptedItems - accepted;
  const staleAfterSettle = await stalePages(run, changed);

  run.note('the origin dies');
  await platform.buckets.dispose();
  const held = platform.edge.entries().map(({ url }) => url.replace(/^\w+:\/\/[^/]+/, '').replace(/index\.html$/, ''));
  const paths = [...pages, ...seenSecond.assets];
  const dead = await run.load<BeyondOriginArgs>({
    module: TRAFFIC,
    exportName: 'beyondOrigin',
    args: { edge, paths, held, popularity: seed },
    seconds: DEAD_SECONDS[size],
    perSecond: DEAD_PER_SECOND,
    seed: seed + 2,
    name: 'dead origin',
  });

  const cachedKinds = [first, second].flatMap(({ kinds }) => [kinds.page!, kinds.asset!]);
  const sum = (value: (figures: LoadResult['kinds'][string]) => number) =>
    cachedKinds.reduce((all, each) => all + value(each), 0);
  const count = sum((each) => each.count);
  const mean = (figures: LoadResult['kinds'][string][]) =>
    figures.reduce((all, each) => all + each.firstByteMeanMs * each.count, 0) /
    figures.reduce((all, each) => all + each.count, 0);
  const uncached = [first, second].map(({ kinds }) => kinds.uncached!);
  return {
    requests: count,
    withoutOrigin: round(sum((each) => each.edge.Hit ?? 0) / count),
    bytesFromOrigin: round(sum((each) => each.bytes - (each.edgeBytes.Hit ?? 0)) / sum((each) => each.bytes)),
    ttfbVsUncached: round(mean(uncached) / mean(cachedKinds)),
    ttfbMs: round(mean(cachedKinds)),
    ttfbUncachedMs: round(mean(uncached)),
    assets404: seenFirst.missing.length + seenSecond.missing.length,
    pagesChanged: changed.length,
    itemsPurged,
    itemsPurgedPerChangedPage: round(itemsPurged / changed.length),
    staleAfterSettle,
    heldWhenDead: held.length,
    requestsWhileDead: dead.count,
    errorsWhileDead: dead.kinds.held?.failed ?? 0,
    unseenWhileDead: dead.kinds.unseen?.count ?? 0,
    failed: first.failed + second.failed,
    requestsPerSecond: Math.round(count / ((first.milliseconds + second.milliseconds) / 1000)),
    page: first.kinds.page,
    asset: first.kinds.asset,
    uncached: first.kinds.uncached,
  };
}

/** Base URL of the edge that keeps nothing. */
function twinOf({ model, edge }: TestPlatform): string {
  const twin = model.resources('AWS::CloudFront::Distribution').find(({ logicalId }) => logicalId === TWIN)!;
  return edge.urls.get(model.ref(twin))!;
}

/** Changed pages whose text at the edge isn't that of the bucket. */
async function stalePages({ platform, edge }: ScenarioRun, changed: readonly string[]): Promise<number> {
  let stale = 0;
  for (const page of changed) {
    const [shown, stored] = await Promise.all([platform.get(`${edge}${page}`), platform.get(`${twinOf(platform)}${page}`)]);
    if (shown.body !== stored.body) stale++;
  }
  return stale;
}
