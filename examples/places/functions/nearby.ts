import { connectionFromEnvironment, type Database, type Handle, Problem } from 'cachement/functions';
import { type Circle, GeoIndex, type GeoPoint } from 'cachement/patterns/geo';

/** Radius of the largest circle, in kilometres. */
const MAX_RADIUS_KM = 500;

/** Places of one answer. */
const LIMIT = 20;

/** Kilometres from one degree of latitude to the next, rounded down: a strip is a little wider than it has to be. */
const DEGREE_KM = 111;

const POINT = 'SELECT id::text, latitude, longitude FROM places';

/** Ids of the places by where they are. Who moves one says so, after the commit: `moved`. */
export function nearbyOf({ writer: primary }: Database): GeoIndex {
  return new GeoIndex({
    connection: connectionFromEnvironment(),
    name: 'places',
    loadCell: async ({ south, north, west, east }) => {
      const { rows } = await primary.query<GeoPoint>(
        `${POINT} WHERE latitude >= $1 AND latitude < $2 AND longitude >= $3 AND longitude < $4`,
        [south, north, west, east],
      );
      return rows;
    },
    // Circles of very many cells, and those near the poles, where cells are narrow or Redis has no positions.
    query: (area, limit) => nearest(primary, area as Circle, limit),
  });
}

async function nearest(primary: Handle, { latitude, longitude, radiusKm }: Circle, limit: number): Promise<GeoPoint[]> {
  const { rows } = await primary.query<GeoPoint>(
    `${POINT} WHERE latitude BETWEEN $1::float8 - $3 AND $1::float8 + $3
    ORDER BY power(sind((latitude - $1) / 2), 2) + cosd($1) * cosd(latitude) * power(sind((longitude - $2) / 2), 2), id LIMIT $4`,
    [latitude, longitude, radiusKm / DEGREE_KM, limit],
  );
  return rows;
}

/** The circle of a request, such as `lat=52.5&lon=13.4&radius=25`. @throws {Problem} 400 */
export function circleOf({ lat, lon, radius }: Readonly<Record<string, string | undefined>>): Circle & { limit: number } {
  return {
    latitude: decimal('lat', lat, -90, 90),
    longitude: decimal('lon', lon, -180, 180),
    radiusKm: decimal('radius', radius, 0.1, MAX_RADIUS_KM),
    limit: LIMIT,
  };
}

function decimal(name: string, text = '', least: number, most: number): number {
  const value = /^-?\d{1,3}(\.\d{1,12})?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Problem(400, `'${name}' must be a decimal number from ${least} to ${most}, got: '${text.slice(0, 20)}'`);
}
