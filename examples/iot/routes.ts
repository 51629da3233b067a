import { defineRoute, hours, minutes, type Route, routeTags, seconds } from 'cachement/route';

/** A device: where it is and what it is called. */
export const device: Route = defineRoute({
  name: 'device',
  path: '/devices/{id}',
  freshness: {
    memoryTtlSeconds: seconds(1),
    sharedTtlSeconds: hours(24),
    gatewayTtlSeconds: minutes(5),
    edgeTtlSeconds: hours(1),
  },
  tags: ['device:{id}'],
});

/** Hours of a device from the database: what is written there once an hour needn't be asked for more often. */
export const history: Route = defineRoute({
  name: 'history',
  path: '/devices/{id}/history',
  query: { metric: { default: 'energy' } },
  freshness: { memoryTtlSeconds: seconds(1), sharedTtlSeconds: minutes(5), edgeTtlSeconds: minutes(5) },
});

/** Batches of what devices have measured. */
export const readings: Route = defineRoute({ name: 'readings', path: '/readings' });

/** Minutes, hours or days of a device, as of now. */
export const series: Route = defineRoute({
  name: 'series',
  path: '/devices/{id}/readings',
  query: { metric: { default: 'energy' }, resolution: { default: 'hour' } },
});

/** Devices that were heard of near a place. */
export const nearby: Route = defineRoute({
  name: 'nearby',
  path: '/nearby',
  query: { lat: { required: true }, lon: { required: true }, km: { default: '10' } },
});

/** Devices by what they consumed in a day, such as `2026-11-28`, or `today`; with `device`, its place. */
export const leaderboard: Route = defineRoute({ name: 'leaderboard', path: '/leaderboards/{day}', query: { device: {} } });

/** Consumption of all sites; computed every five minutes. */
export const consumption: Route = defineRoute({ name: 'consumption', path: '/analytics/consumption' });

/** A site's map and plots as a page. */
export const dashboard: Route = defineRoute({ name: 'dashboard', path: '/dashboard', query: { site: { default: 'oslo' } } });

/** Tags of everything that shows a device. */
export const tagsOf = (id: string): string[] => routeTags(device, { id });
