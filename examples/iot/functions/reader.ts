import {
  cached,
  cacheFromEnvironment,
  createRouter,
  databaseFromEnvironment,
  type Handler,
  Problem,
  platformEndpoints,
  uncached,
} from 'cachement/functions';
import { minutes, seconds } from 'cachement/route';
import { consumptionOf, loadDevice, loadHours, loadSite } from '../devices';
import { checkedId, checkedMetric, checkedNumber, checkedPosition, ENERGY, measurementsOf } from '../measurements';
import { renderDashboard } from '../page';
import { consumption, dashboard, device, history, leaderboard, nearby, series as readings } from '../routes';

const database = databaseFromEnvironment();
const cache = cacheFromEnvironment(database);
const { series, board, live } = measurementsOf();
const view = consumptionOf(cache);
const sites = cache.namespace('sites', { freshness: { memoryTtlSeconds: seconds(1), sharedTtlSeconds: minutes(5) } });

const DAY_MS = 86_400_000;
const SPANS = { minute: 3_600_000, hour: DAY_MS, day: 30 * DAY_MS };

const getDevice: Handler = async ({ parameters, read }) => {
  const id = checkedId(parameters.id);
  return cached(device, await read(cache, { id }, (handle) => loadDevice(handle, id)));
};

const getHistory: Handler = async ({ parameters, read }) => {
  const id = checkedId(parameters.id);
  const metric = checkedMetric(parameters.metric);
  return cached(history, await read(cache, { id, metric }, (handle) => loadHours(handle, id, metric)));
};

/** The last hour by minutes, day by hours, or month by days; hours of the database where the tier can't answer. */
const getSeries: Handler = async ({ parameters }) => {
  const id = checkedId(parameters.id);
  const metric = checkedMetric(parameters.metric);
  const resolution = (['minute', 'hour', 'day'] as const).find((name) => name === parameters.resolution);
  if (!resolution) throw new Problem(400, `'resolution' must be minute, hour or day, got: '${parameters.resolution}'`);
  const to = Date.now();
  try {
    const points = await series.query({ sources: [id], metric, from: to - SPANS[resolution], to, resolution });
    return uncached(200, { resolution, points: points.get(id) });
  } catch (error) {
    if ((error as { code?: string }).code !== 'E_SHARED_UNAVAILABLE') throw error;
    return uncached(200, { resolution: 'hour', points: await loadHours(database.readers[0] ?? database.writer, id, metric) });
  }
};

const getNearby: Handler = async ({ parameters: { lat, lon, km } }) => {
  const radiusKm = checkedNumber(km, 'km', [0.1, 50]);
  return uncached(200, await live.search({ ...checkedPosition(lat, lon), radiusKm, limit: 50 }));
};

const getLeaderboard: Handler = async ({ parameters: { day = '', device: member } }) => {
  const date = new Date(day === 'today' ? Date.now() : `${day}T00:00:00Z`);
  if (Number.isNaN(date.getTime())) throw new Problem(400, `'day' must be 'today' or such as 2026-11-28, got: '${day}'`);
  const of = board.at(date);
  if (!member) return uncached(200, { top: await of.top(10) });
  const position = await of.rank(checkedId(member, 'device'), { around: 2 });
  if (!position) throw new Problem(404, `${member} isn't on the board`);
  return uncached(200, position);
};

const getConsumption: Handler = async () => uncached(200, await view.get());

/** A day of 50 devices is one packet to each server; the map, the board and the count are another one. */
const getDashboard: Handler = async ({ parameters }) => {
  const site = checkedId(parameters.site, 'site');
  const devices = (await sites.getOrSet(site, (handle) => loadSite(handle, site))) ?? [];
  if (devices.length === 0) throw new Problem(404, `there is no site ${site}`);
  const now = Date.now();
  const sources = devices.map(({ id }) => id);
  const { latitude, longitude } = devices[0]!;
  const [hours, found, top, active, sitesOfMonth] = await Promise.all([
    series.query({ sources, metric: ENERGY, from: now - DAY_MS, to: now, resolution: 'hour' }),
    live.search({ latitude, longitude, radiusKm: 30, limit: 200 }),
    board.top(10),
    series.uniques.count('active', now - DAY_MS, now),
    // The page has other things to show than a query that takes seconds.
    view.getIfPresent(),
  ]);
  const page = renderDashboard({
    site,
    devices,
    hours,
    live: found.items,
    top,
    active,
    consumption: sitesOfMonth?.value ?? [],
    computedAt: sitesOfMonth?.computedAt,
    now,
  });
  return { ...uncached(200, undefined, { 'content-type': 'text/html; charset=utf-8' }), body: page };
};

export const handler = createRouter([
  { route: device, GET: getDevice },
  { route: history, GET: getHistory },
  ...platformEndpoints({ database, cache }),
  { route: readings, GET: getSeries },
  { route: nearby, GET: getNearby },
  { route: leaderboard, GET: getLeaderboard },
  { route: consumption, GET: getConsumption },
  { route: dashboard, GET: getDashboard },
]);
