import * as path from 'node:path';
import { seeded } from '../consistency/random';
import { round } from '../support/benchmark';
import type { Scenario, ScenarioRun } from './scenario';
import { CATEGORIES, growStore, KINDS, onSaleOf, popularityOf, saleId } from './store/data';
import { playLayers } from './store/layers';
import { type CatalogueArgs, idealLoads, type PairsArgs, type SaleArgs, type ShoppingArgs } from './store/traffic';
import { withUncached } from './store/uncached';
import type { LoadResult } from './traffic';

const TRAFFIC = path.join(__dirname, 'store/traffic.ts');
/** Requests wait for a function that is free, as they do where a thousand may run at once. */
const SETTINGS = { lambda: { accountConcurrency: 1000 } };

/**
 * A run has 15 minutes, of which so many seconds are for what comes after these two. What is left of the others is theirs, by
 * their requests; a part that isn't over then ends, and what is ideal is that of the requests which were sent. Figures of both
 * have both counts.
 */
const LIMIT_SECONDS = 900;
const REST_SECONDS = 330;
const CATALOGUE = { count: 1_000_000, concurrency: 16, writes: 0.02 };
const SHOPPING = { count: 200_000, concurrency: 16 };
const CUSTOMERS = 20;
const GUESTS = 1000;
/** Requests a second for which the database alone has time, half of them with the cache. */
const PAIRS = { perSecond: 20, seconds: 30 };
/** Share of what the shop without a cache can serve that is an ordinary day, and how much more the sale is. */
const SALE_LOAD = { share: 0.6, times: 10, seconds: 30, buyers: 1000 };
/** Changed products that are compared with the primary in the end. */
const COMPARED = 500;

export const scenario: Scenario = {
  name: 'store',
  what: 'A shop of 20,000 products: its catalogue read from cold with 2 % of changes, people shopping, and a sale at ten times the load',
  bars: [
    { figure: 'hitRatio', what: 'reads of the catalogue that the database did not do', atLeast: 0.95, small: { atLeast: 0.75 } },
    { figure: 'hitRatioOfIdeal', what: 'the same, over that of a cache that loads what it must', atLeast: 0.99, small: 'none' },
    { figure: 'loadsVsIdeal', what: 'loads, against those that no cache can do without', atMost: 1.15 },
    {
      figure: 'databaseReadsSaved',
      what: 'requests of people shopping that were no query',
      atLeast: 0.8,
      small: { atLeast: 0.7 },
    },
    { figure: 'hitRatioByUseCase.product', what: 'the same, of pages of products', atLeast: 0.9, small: { atLeast: 0.8 } },
    { figure: 'hitRatioByUseCase.cart', what: 'the same, of carts, half of which are changed', atLeast: 0.8 },
    { figure: 'hitRatioByUseCase.session', what: 'the same, of sessions', atLeast: 0.95 },
    { figure: 'meanVsUncached', what: 'mean latency without a cache, over that with it', atLeast: 7.1, small: { atLeast: 3 } },
    { figure: 'peakFailed', what: 'failed answers at ten times the load', atMost: 0 },
    {
      figure: 'peakP99VsBase',
      what: '99th percentile at ten times the load, over that of an ordinary day',
      atMost: 3,
      small: 'none',
    },
    { figure: 'oversold', what: 'pieces sold that were not there', atMost: 0 },
    { figure: 'layers.memory', what: 'reads by the library alone that memory answered', atLeast: 0.4 },
    { figure: 'layers.database', what: 'those that were loads', atMost: 0.1 },
    { figure: 'staleAfterSettle', what: 'changed products that the edge shows otherwise than the primary', atMost: 0 },
  ],
  settings: SETTINGS,
  data: growStore,
  play,
};

async function play(run: ScenarioRun): Promise<Record<string, unknown>> {
  const written = new Set<number>();
  const seconds = LIMIT_SECONDS - REST_SECONDS - process.uptime();
  const ofCatalogue = CATALOGUE.count / (CATALOGUE.count + SHOPPING.count);
  const catalogue = await playCatalogue(run, written, seconds * ofCatalogue);
  const shopping = await playShopping(run, seconds * (1 - ofCatalogue));
  const sale = await playSale(run, written);
  await run.settle();
  const staleAfterSettle = await staleProducts(run, [...written]);
  // Its changes are purged from nothing but its own entries.
  return { ...catalogue, ...shopping, ...sale, staleAfterSettle, ...(await playLayers(run)) };
}

/** Requests that were sent, of those that were to be. */
const requestsOf = ({ count, milliseconds }: LoadResult, of: number) => ({
  sent: count,
  of,
  perSecond: Math.round(count / (milliseconds / 1000)),
});

/** Cold, with changes: what the database still had to read, against what no cache could spare it. */
async function playCatalogue(run: ScenarioRun, written: Set<number>, seconds: number) {
  const { edge, scale, seed } = run;
  const popular = popularityOf(run);
  const { concurrency, writes } = CATALOGUE;
  const asked = CATALOGUE.count * scale;
  const before = await run.databaseReads();
  const load = await run.load<CatalogueArgs>({
    module: TRAFFIC,
    exportName: 'catalogue',
    args: { edge, popular, writes },
    count: asked,
    seconds,
    concurrency,
    name: 'catalogue',
  });
  for (const id of load.figures as number[]) written.add(id);
  const databaseReads = (await run.databaseReads()) - before;
  const ideal = idealLoads(popular, writes, load.count, seeded(seed));
  const hitRatio = 1 - databaseReads / ideal.reads;
  const hitRatioIdeal = 1 - ideal.loads / ideal.reads;
  return {
    catalogueRequests: requestsOf(load, asked),
    hitRatio: round(hitRatio),
    hitRatioIdeal: round(hitRatioIdeal),
    hitRatioOfIdeal: round(hitRatio / hitRatioIdeal),
    loadsVsIdeal: round(databaseReads / ideal.loads),
    catalogue: { ...load, figures: undefined, databaseReads, ideal },
  };
}

/** People shopping: queries that were made, by what they were for. */
async function playShopping(run: ScenarioRun, seconds: number) {
  const { edge, scale, seed } = run;
  await refreshTrends(run);
  const args: ShoppingArgs = {
    edge,
    popular: popularityOf(run),
    categories: CATEGORIES,
    queries: KINDS.flatMap((kind) => [kind, ...Array.from({ length: 9 }, (_, digit) => `${kind} no. ${digit + 1}`)]),
    cookies: await signIn(run),
    guests: GUESTS * scale,
    run: `shopping-${seed}`,
  };
  const about = {
    product: 'reviews',
    session: '\\yusers\\y',
    category: 'category = ',
    cart: '\\ycart\\y',
    search: 'lower\\(name\\)',
  };
  const counts = async () => {
    const all: number[] = [];
    for (const text of Object.values(about)) all.push(await run.databaseReads(text));
    return all;
  };
  const [before, beforeAll] = [await counts(), await run.databaseReads()];
  const { concurrency } = SHOPPING;
  const asked = SHOPPING.count * scale;
  const load = await run.load({
    module: TRAFFIC,
    exportName: 'shopping',
    args,
    count: asked,
    seconds,
    concurrency,
    name: 'shopping',
  });
  const [after, databaseReads] = [await counts(), (await run.databaseReads()) - beforeAll];
  const byUseCase = Object.keys(about).map((kind, index) => {
    const { count, failed } = load.kinds[kind]!;
    return [kind, round(1 - (after[index]! - before[index]! + failed) / count)];
  });
  return {
    shoppingRequests: requestsOf(load, asked),
    databaseReadsSaved: round(1 - databaseReads / load.count),
    hitRatioByUseCase: Object.fromEntries(byUseCase),
    shopping: { ...load, databaseReads },
  };
}

/** The schedule's function once, as the schedule calls it. */
async function refreshTrends({ platform }: ScenarioRun): Promise<void> {
  const [refresher] = [...platform.functions.keys()].filter((arn) => /Refresher/.test(arn));
  const { functionError, payload } = await platform.functions.get(refresher!)!.invoke({});
  if (functionError) throw new Error(`the refresher failed: ${payload}`);
}

/** @returns cookies of customers who have signed in. */
async function signIn({ platform }: ScenarioRun): Promise<string[]> {
  const cookies: string[] = [];
  for (let user = 1; user <= CUSTOMERS; user++) {
    const body = { email: `user-${user}@example.com`, password: 'lamp and chair' };
    const { status, headers } = await platform.request('/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    if (status !== 200) throw new Error(`user ${user} could not sign in: ${status}`);
    cookies.push(String(headers['set-cookie']).split(';')[0]!);
  }
  return cookies;
}

/** Beside the shop without a cache: latencies of both, what that one can serve, and ten times as much. */
async function playSale(run: ScenarioRun, written: Set<number>) {
  const { edge, seed, size, scale } = run;
  const popular = popularityOf(run);
  const seconds = size === 'full' ? SALE_LOAD.seconds : 10;
  const buyers = SALE_LOAD.buyers * scale;
  const { pairs, capacity } = await withUncached(run, SETTINGS, async (uncached) => {
    const alone: CatalogueArgs = { edge: uncached, popular, writes: 0 };
    const most = { module: TRAFFIC, exportName: 'catalogue', args: alone, concurrency: 8 };
    // Its functions start: what is compared is what they take, and not that.
    await run.load({ ...most, seconds: 5 });
    const args: PairsArgs = { edge, uncached, popular };
    const pairs = await run.load({ module: TRAFFIC, exportName: 'pairs', args, ...PAIRS, seconds, name: 'with and without' });
    const { count, failed, milliseconds } = await run.load({ ...most, seconds: 10, name: 'most without a cache' });
    return { pairs, capacity: (count - failed) / (milliseconds / 1000) };
  });
  const perSecond = capacity * SALE_LOAD.share;
  const every = Math.max(1, Math.floor((perSecond * SALE_LOAD.times * seconds) / buyers));
  // As many functions as the sale may need at once: each start takes a core's time from all others here, as it doesn't on AWS.
  const warm: SaleArgs = {
    edge,
    popular,
    writes: 0.3,
    sale: { name: 'early', productId: popular[0]!, every: 3, buyers: 1000 },
  };
  const early = await run.load({ module: TRAFFIC, exportName: 'sale', args: warm, concurrency: 16, seconds: 8 });
  await run.settle();
  // Of the same mix: one request in so many is an order.
  const sale = (times: number, of: SaleArgs['sale']) =>
    run.load<SaleArgs>({
      module: TRAFFIC,
      exportName: 'sale',
      args: { edge, popular, writes: CATALOGUE.writes, sale: of },
      perSecond: perSecond * times,
      seconds,
      seed: seed + times,
      name: of.name,
    });
  const ordinary = { name: 'ordinary', productId: popular[0]!, every, buyers: buyers / SALE_LOAD.times };
  const base = await sale(1, ordinary);
  const peak = await sale(SALE_LOAD.times, { name: 'sale', productId: saleId(run), every, buyers });
  for (const load of [early, base, peak]) for (const id of load.figures as number[]) written.add(id);
  return {
    meanVsUncached: round(pairs.kinds.uncached!.meanMs / pairs.kinds.product!.meanMs),
    uncachedPerSecond: round(capacity),
    basePerSecond: round(perSecond),
    peakPerSecond: round(peak.count / (peak.milliseconds / 1000)),
    peakFailed: peak.failed,
    peakP99VsBase: round(peak.p99Ms / base.p99Ms),
    ...(await soldOf(run)),
    pairs: { product: pairs.kinds.product, uncached: pairs.kinds.uncached },
    base: { ...base, figures: undefined },
    peak: { ...peak, figures: undefined },
  };
}

async function soldOf(run: ScenarioRun) {
  const { rows } = await run.primary.query<{ sold: number; left: number }>(
    `SELECT coalesce(sum(quantity), 0)::integer AS sold, (SELECT on_hand FROM stock WHERE sku = $1) AS left
     FROM sale WHERE sku = $1`,
    [String(saleId(run))],
  );
  const { sold, left } = rows[0]!;
  return { sold, oversold: Math.max(0, sold - onSaleOf(run), -left) };
}

/** Changed products whose page at the edge doesn't show the primary's price. */
async function staleProducts({ platform, primary, edge }: ScenarioRun, ids: readonly number[]): Promise<number> {
  const { rows } = await primary.query<{ id: number; cents: number }>(
    'SELECT id, price_cents AS cents FROM products WHERE id = ANY($1) ORDER BY id LIMIT $2',
    [ids, COMPARED],
  );
  let stale = 0;
  for (const { id, cents } of rows) {
    const { body } = await platform.get(`${edge}/pages/products/${id}`);
    if (!body.includes(`${(cents / 100).toFixed(2)} EUR`)) stale++;
  }
  return stale;
}
