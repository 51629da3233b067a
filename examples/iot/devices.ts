import type { Handle } from 'cachement/functions';
import { MaterializedView } from 'cachement/patterns/materialized-view';
import type { Point, TimeSeries } from 'cachement/patterns/time-series';
import { hours, minutes } from 'cachement/route';
import type { Cache } from 'cachement/runtime';
import { METRICS } from './measurements';

/** A device as the API shows it. */
export interface Device {
  readonly id: string;
  readonly name: string;
  readonly site: string;
  readonly latitude: number;
  readonly longitude: number;
}

/** Consumption of a site in 30 days. */
export interface SiteConsumption {
  readonly site: string;
  readonly wattHours: number;
  readonly devices: number;
  /** Watt-hours that a device stays below in 95 of 100 hours. */
  readonly usualPeak: number;
}

const COLUMNS = 'id, name, site, latitude, longitude';

export async function loadDevice(database: Handle, id: string): Promise<Device | undefined> {
  const { rows } = await database.query<Device>(`SELECT ${COLUMNS} FROM devices WHERE id = $1`, [id]);
  return rows[0];
}

/** The first 50 devices of a site: what its page shows. */
export async function loadSite(database: Handle, site: string): Promise<Device[]> {
  const { rows } = await database.query<Device>(`SELECT ${COLUMNS} FROM devices WHERE site = $1 ORDER BY id LIMIT 50`, [site]);
  return rows;
}

/** Hours of a device, of the last 30 days. */
export async function loadHours(database: Handle, id: string, metric: string): Promise<Omit<Point, 'avg'>[]> {
  const { rows } = await database.query<Omit<Point, 'avg'>>(
    `SELECT extract(epoch FROM at)::float8 * 1000 AS at, sum, count::float8 AS count, min, max FROM device_hours
    WHERE device = $1 AND metric = $2 AND at >= now() - interval '30 days' ORDER BY at`,
    [id, metric],
  );
  return rows;
}

export async function loadConsumption(database: Handle): Promise<SiteConsumption[]> {
  const { rows } = await database.query<SiteConsumption>(
    `SELECT site, sum(sum) AS "wattHours", count(DISTINCT device)::integer AS devices,
      percentile_cont(0.95) WITHIN GROUP (ORDER BY sum) AS "usualPeak"
    FROM device_hours JOIN devices ON devices.id = device
    WHERE metric = 'energy' AND at >= now() - interval '30 days' GROUP BY site ORDER BY "wattHours" DESC, site`,
  );
  return rows;
}

/** Consumption of all sites, which no reader computes. */
export const consumptionOf = (cache: Cache<Handle>) =>
  new MaterializedView({
    cache,
    name: 'consumption',
    everySeconds: minutes(5),
    keepSeconds: hours(2),
    compute: loadConsumption,
  });

/** Devices whose hours are written at once. */
const AT_ONCE = 500;

/**
 * Writes the hours of a day and of those that samples came late for. They are totals: a later run of the same hour has at least
 * as many samples, and so the greater count stays.
 */
export async function writeHours(database: Handle, series: TimeSeries, now = Date.now()): Promise<number> {
  const { rows } = await database.query<{ id: string }>('SELECT id FROM devices ORDER BY id');
  let written = 0;
  for (const metric of METRICS) {
    for (let from = 0; from < rows.length; from += AT_ONCE) {
      const sources = rows.slice(from, from + AT_ONCE).map(({ id }) => id);
      const found = await series.query({ sources, metric, from: now - 26 * 3_600_000, to: now, resolution: 'hour' });
      const points = [...found].flatMap(([device, of]) => of.map((point) => ({ device, ...point })));
      const column = <K extends keyof (typeof points)[number]>(name: K) => points.map((point) => point[name]);
      await database.query(
        `INSERT INTO device_hours (device, metric, at, sum, count, min, max)
        SELECT device, $1, to_timestamp(at / 1000), sum, count, min, max
        FROM unnest($2::text[], $3::float8[], $4::float8[], $5::bigint[], $6::float8[], $7::float8[])
          AS point (device, at, sum, count, min, max)
        ON CONFLICT (device, metric, at) DO UPDATE SET sum = excluded.sum, count = excluded.count, min = excluded.min, max = excluded.max
        WHERE device_hours.count < excluded.count`,
        [metric, column('device'), column('at'), column('sum'), column('count'), column('min'), column('max')],
      );
      written += points.length;
    }
  }
  return written;
}
