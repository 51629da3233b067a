import { connectionFromEnvironment, Problem } from 'cachement/functions';
import { LiveGeoIndex } from 'cachement/patterns/geo';
import { Leaderboard } from 'cachement/patterns/leaderboards';
import { type Sample, TimeSeries } from 'cachement/patterns/time-series';
import { days, hours } from 'cachement/route';
import type { RedisConnection } from 'cachement/runtime';

/** Metric by which devices are ranked, in whole watt-hours. */
export const ENERGY = 'energy';
export const METRICS = [ENERGY, 'temperature'] as const;

/** Place of a device, as it reports it. */
export interface Report {
  readonly device: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly at: number;
}

/** Readings that a gateway of devices sends at once. A repetition has the same id, and changes nothing. */
export interface Batch {
  readonly batchId: string;
  readonly samples: readonly Sample[];
  readonly reports: readonly Report[];
}

/** Knowledge of devices as of now, on the tier that evicts nothing. */
export function measurementsOf(connection: RedisConnection = connectionFromEnvironment('state')) {
  const series = new TimeSeries({
    connection,
    name: 'devices',
    resolutions: { minute: hours(24), hour: days(7), day: days(400) },
  });
  const board = new Leaderboard({
    connection,
    name: 'consumption',
    period: 'day',
    maxScore: 1_000_000_000,
    ties: { first: 'first' },
    rememberSeconds: hours(1),
  });
  const live = new LiveGeoIndex({ connection, name: 'devices', keepSeconds: hours(1), cellDigits: 4 });

  return {
    series,
    board,
    live,

    /** Records a batch. Where it throws, it is to be sent again, as it is: each part of it counts once. */
    async record({ batchId, samples, reports }: Batch) {
      const recorded = await series.record(samples, { batchId });
      const active = groupBy(samples, ({ at }) => Math.floor(at / 3_600_000));
      const consumed = groupBy(
        samples.filter(({ metric }) => metric === ENERGY),
        ({ source, at }) => `${new Date(at).toISOString().slice(0, 10)} ${source}`,
      );
      await Promise.all([
        ...[...active].map(([hour, of]) => {
          return series.uniques.add('active', hour * 3_600_000, [...new Set(of.map(({ source }) => source))]);
        }),
        ...[...consumed].map(([key, of]) => {
          const [day = '', source = ''] = split(key);
          const sum = of.reduce((total, { value }) => total + value, 0);
          return board.at(new Date(day)).increment(source, sum, { operationId: batchId });
        }),
        ...reports.map(({ device, at, ...position }) => live.track(device, position, at)),
      ]);
      return recorded;
    },
  };
}

const split = (key: string): [string, string] => [key.slice(0, 10), key.slice(11)];

function groupBy<T, K>(values: readonly T[], keyOf: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}

const ID = /^[a-z][a-z0-9-]{0,62}$/;

/** Id of a device or a site, in the one spelling that is asked for. */
export function checkedId(id: unknown, name = 'id'): string {
  if (typeof id === 'string' && ID.test(id)) return id;
  throw new Problem(400, `'${name}' must be lower case letters, digits and '-', got: ${JSON.stringify(id)}`);
}

export function checkedMetric(metric: unknown): string {
  const known = METRICS.find((name) => name === metric);
  if (!known) throw new Problem(400, `'metric' must be one of ${METRICS.join(', ')}, got: ${JSON.stringify(metric)}`);
  return known;
}

/** A number of a body or a query. */
export function checkedNumber(value: unknown, name: string, [least, most]: readonly [number, number]): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && number >= least && number <= most) return number;
  throw new Problem(400, `'${name}' must be a number from ${least} to ${most}, got: ${JSON.stringify(value)}`);
}

const LATITUDES = [-85, 85] as const;
const LONGITUDES = [-180, 180] as const;
export const checkedPosition = (latitude: unknown, longitude: unknown) => ({
  latitude: checkedNumber(latitude, 'latitude', LATITUDES),
  longitude: checkedNumber(longitude, 'longitude', LONGITUDES),
});

/** The batch of a body. */
export function batchOf({ batchId, readings = [], reports = [] }: Record<string, unknown>, now = Date.now()): Batch {
  if (typeof batchId !== 'string' || !/^[\w-]{1,64}$/.test(batchId)) {
    throw new Problem(400, "'batchId' must be at most 64 letters, digits, '_' and '-': the same for a repetition");
  }
  const times = [0, now + 300_000] as const;
  return {
    batchId,
    samples: listOf('readings', readings).map(({ device, metric, value, at = now }) => {
      const of = checkedMetric(metric);
      if (of === ENERGY && !Number.isInteger(value)) throw new Problem(400, "'value' of energy must be whole watt-hours");
      return {
        source: checkedId(device, 'device'),
        metric: of,
        value: checkedNumber(value, 'value', of === ENERGY ? [0, 1_000_000] : [-1000, 1000]),
        at: Math.floor(checkedNumber(at, 'at', times)),
      };
    }),
    reports: listOf('reports', reports).map(({ device, latitude, longitude, at = now }) => ({
      device: checkedId(device, 'device'),
      ...checkedPosition(latitude, longitude),
      at: Math.floor(checkedNumber(at, 'at', times)),
    })),
  };
}

function listOf(name: string, value: unknown): Record<string, unknown>[] {
  const isList = Array.isArray(value) && value.length <= 500 && value.every((each) => typeof each === 'object' && each !== null);
  if (!isList) throw new Problem(400, `'${name}' must be a list of at most 500 objects`);
  return value as Record<string, unknown>[];
}
