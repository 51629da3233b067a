import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { PoolClient } from 'pg';

/** Any number will do that the migration doesn't use. */
const ADVISORY_LOCK = 4_162_023_115;

/** Columns by their position in the file; the file's first line repeats their names. */
const INSERT = `INSERT INTO places (id, name, country, population, latitude, longitude, feature_code, admin_code)
  SELECT (place ->> 0)::integer, place ->> 1, place ->> 2, (place ->> 3)::integer,
    (place ->> 4)::double precision, (place ->> 5)::double precision, place ->> 6, place ->> 7
  FROM json_array_elements($1::json) AS place
  ON CONFLICT (id) DO NOTHING`;

/**
 * Creates the table and loads the places that it doesn't have yet. What was changed since stays changed.
 *
 * @returns how many places were loaded now.
 */
export async function loadPlaces(client: PoolClient, schema: string, file: string): Promise<number> {
  let loaded = 0;
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [ADVISORY_LOCK]);
    await client.query(schema);
    const lines = createInterface({ input: createReadStream(file).pipe(createGunzip()), crlfDelay: Number.POSITIVE_INFINITY });
    let expected: number | undefined;
    for await (const line of lines) {
      if (expected === undefined) {
        expected = (JSON.parse(line) as { places: number }).places;
        const { rows } = await client.query<{ places: string }>('SELECT count(*) AS places FROM places');
        if (Number(rows[0]?.places) >= expected) break;
      } else {
        loaded += (await client.query(INSERT, [line])).rowCount ?? 0;
      }
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
  if (loaded > 0) await client.query('VACUUM (ANALYZE) places');
  return loaded;
}
