import { GeoIndex, type GeoPoint } from 'cachement/patterns/geo';
import type { MakeGame } from '../game';
import { monotonic } from '../journal';

const THINGS = 400;
/** A region of a few cells around Berlin. */
const CENTRE = { latitude: 52.5, longitude: 13.4 };
const SPREAD = 1.2;
const SEARCHES = 30;

/** Things that move, and searches near by; a move that was cut short is told again at the end, as a queue would. */
export const geo: MakeGame = ({ connection, pool, random, note }) => {
  const index = new GeoIndex({
    connection,
    name: 'things',
    keepSeconds: 600,
    loadCell: async ({ south, north, west, east }) => {
      const { rows } = await pool.query<GeoPoint>(
        'SELECT id, latitude, longitude FROM thing WHERE latitude >= $1 AND latitude < $2 AND longitude >= $3 AND longitude < $4',
        [south, north, west, east],
      );
      return rows;
    },
  });
  const anywhere = () => ({
    latitude: CENTRE.latitude + random.between(-SPREAD, SPREAD),
    longitude: CENTRE.longitude + random.between(-SPREAD, SPREAD),
  });
  const tell = async (id: string, from: { latitude: number; longitude: number }, to: { latitude: number; longitude: number }) => {
    const { replicated } = await index.moved({ from, to });
    if (replicated)
      await pool.query('UPDATE thing SET told = true WHERE id = $1 AND latitude = $2 AND longitude = $3', [
        id,
        to.latitude,
        to.longitude,
      ]);
  };
  return {
    async turn() {
      const began = monotonic();
      if (random.chance(0.15)) {
        const id = `thing-${Math.floor(random.between(0, THINGS))}`;
        const to = anywhere();
        const { rows } = await pool.query<{ latitude: number; longitude: number }>(
          `WITH before AS (SELECT latitude, longitude FROM thing WHERE id = $1 FOR UPDATE)
           UPDATE thing SET latitude = $2, longitude = $3, told = false, was = was || ARRAY[[before.latitude, before.longitude]]
           FROM before WHERE id = $1 RETURNING before.latitude, before.longitude`,
          [id, to.latitude, to.longitude],
        );
        if (rows[0]) await tell(id, rows[0], to);
        note('moved', began, { id });
      } else await index.search({ ...anywhere(), radiusKm: random.between(1, 40), limit: 20 });
    },
    async finish() {
      const { rows } = await pool.query<{ latitude: number; longitude: number; was: [number, number][] }>(
        'SELECT latitude, longitude, was FROM thing WHERE NOT told',
      );
      for (const { latitude, longitude, was } of rows) {
        // Any of its moves may be the one that nobody was told of.
        for (const [before, beside] of was)
          await index.moved({ from: { latitude: before, longitude: beside }, to: { latitude, longitude } });
      }
      for (let n = 0; n < SEARCHES; n++) {
        const began = monotonic();
        const area = { ...anywhere(), radiusKm: random.between(1, 40) };
        const { items } = await index.search({ ...area, limit: 20 });
        note('found', began, { ...area, ids: items.map(({ id }) => id) });
      }
    },
  };
};
