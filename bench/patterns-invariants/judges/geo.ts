import type { Judge } from '../judge';

/** Share of a distance within which two orders are alike: Redis keeps positions in 52 bits. */
const TOLERANCE = 0.005;
const LIMIT = 20;

/** Searches whose answer isn't the database's. */
export const geo: Judge = {
  game: 'geo',
  invariants: ['nearbyWrong'],
  keys: (namespace) => ['u33d', 'u336', 'u33e'].map((cell) => `${namespace}:ge:things:{${cell}}`),
  async prepare({ sql, roles, database }) {
    await sql(
      roles.primary,
      `DROP TABLE IF EXISTS thing;
       CREATE TABLE thing (id text PRIMARY KEY, latitude float8 NOT NULL, longitude float8 NOT NULL, told boolean NOT NULL DEFAULT true,
         was float8[][] NOT NULL DEFAULT '{}');
       INSERT INTO thing SELECT 'thing-' || i, 51.3 + 2.4 * random(), 12.2 + 2.4 * random() FROM generate_series(0, 399) i;
       GRANT ALL ON thing TO ${database.username}`,
    );
  },
  async judge({ notes, testbed: { sql, roles } }) {
    const things = await sql<{ id: string; latitude: number; longitude: number }>(
      roles.primary,
      'SELECT id, latitude, longitude FROM thing',
    );
    let nearbyWrong = 0;
    for (const { data } of notes.filter(({ kind }) => kind === 'found')) {
      const distances = new Map(things.map((thing) => [thing.id, haversineKm(thing, data)]));
      const near = [...distances].filter(([, km]) => km <= data.radiusKm * (1 - TOLERANCE)).sort(([, a], [, b]) => a - b);
      const ids: string[] = data.ids;
      const last = ids.length < LIMIT ? Number.POSITIVE_INFINITY : Math.max(...ids.map((id) => distances.get(id) ?? 0));
      const misses = near.some(([id, km]) => !ids.includes(id) && km < last * (1 - TOLERANCE));
      const strays = ids.some((id) => (distances.get(id) ?? Number.POSITIVE_INFINITY) > data.radiusKm * (1 + TOLERANCE));
      if (misses || strays || new Set(ids).size < ids.length) nearbyWrong++;
    }
    return { nearbyWrong };
  },
};

interface Position {
  readonly latitude: number;
  readonly longitude: number;
}

function haversineKm(a: Position, b: Position): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const [south, north] = [radians(a.latitude), radians(b.latitude)];
  const half = (angle: number) => Math.sin(angle / 2) ** 2;
  const h = half(north - south) + Math.cos(south) * Math.cos(north) * half(radians(b.longitude - a.longitude));
  return 2 * 6372.8 * Math.asin(Math.sqrt(h));
}
