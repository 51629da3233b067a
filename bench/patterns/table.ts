import type { Figure } from '../support/figures';

/** What is promised of patterns. Rates are operations a second, divided by those of half GET, half SET of each side's client. */
export const FIGURES: readonly Figure[] = [
  { key: 'rateLimitVsPeer', what: "sliding window, beside rate-limiter-flexible's fixed one", atLeast: 1 },
  { key: 'gcraVsPeer', what: 'gcra, beside the same', atLeast: 1 },
  { key: 'fixedVsPeer', what: 'fixed window, beside the same', atLeast: 1 },
  { key: 'sessionVsPeer', what: 'sessions of 2 KB, 5 % changed, beside connect-redis', atLeast: 1 },
  { key: 'sessionVsPeerEveryTouch', what: 'the same with each use written down', atLeast: 0.8 },
  { key: 'leaderboardVsPeer', what: 'a board of 100,000 with ties, beside redis-rank', atLeast: 1 },
  {
    key: 'reserveVsDatabase',
    what: 'reservations beside conditional updates alone, 64 at once for one item, one PostgreSQL',
    atLeast: 3,
  },
  { key: 'feedVsSql', what: 'pages of a warm feed, beside the query for them by the best index', atLeast: 3 },
  { key: 'nearbyVsSql', what: 'searches of 25 km, beside the query by a GiST index in the order of distances', atLeast: 3 },
  { key: 'readManyQueries', what: 'queries for 20 values that no tier has', atMost: 1 },
  { key: 'downMs', what: 'first call while all of Redis is stopped, over its budgets and its database, in ms', atMost: 10 },
  { key: 'downOpenMs', what: 'later calls, once breakers are open, without their database, in ms', atMost: 2 },
  { key: 'downWaits', what: 'calls one after another that wait before a breaker opens' },
  {
    key: 'patternBundleKb',
    what: 'largest that a pattern exports, imported alone, over the connection, minified, in KB',
    atMost: 8,
  },
];
