import { Problem, requestPurge } from 'cachement/functions';
import { routeTags } from 'cachement/route';
import type { PoolClient } from 'pg';
import { parentTags, place, placesOfCountry } from '../../routes';
import { COLUMNS, noPlace, type Place, type PlaceRow, toPlace } from '../places';

/** Fields that a PATCH may change; at least one of them. */
export interface PlaceChange {
  readonly name?: string;
  readonly population?: number;
  readonly location?: Place['location'];
}

const PARENTS = new Set<string>(Object.values(parentTags));

/** GeoNames' longest name, in characters. */
const MAX_NAME_LENGTH = 200;

/** The column's largest value. */
const MAX_POPULATION = 2_147_483_647;

/** @throws {Problem} 400 that names the field and the rule. */
export function parseChange(body: Record<string, unknown>): PlaceChange {
  const { name, population, location, ...unknown } = body;
  const [field] = Object.keys(unknown);
  if (field !== undefined)
    throw new Problem(400, `unknown field '${field.slice(0, 100)}'; 'name', 'population' and 'location' can be changed`);
  if (name === undefined && population === undefined && location === undefined)
    throw new Problem(400, "at least one of 'name', 'population' and 'location' is required");
  if (name !== undefined && !isName(name)) {
    throw new Problem(400, `'name' must be a text of 1 to ${MAX_NAME_LENGTH} characters without control characters`);
  }
  if (population !== undefined && !isPopulation(population)) {
    throw new Problem(400, `'population' must be a whole number from 0 to ${MAX_POPULATION}`);
  }
  if (location !== undefined && !isLocation(location)) {
    throw new Problem(400, "'location' must be a latitude from -90 to 90 and a longitude from -180 to below 180, in degrees");
  }
  return {
    ...(name !== undefined && { name }),
    ...(population !== undefined && { population }),
    ...(location !== undefined && { location }),
  };
}

/**
 * Changes the row, and asks for the purge of everything that shows it, in the caller's transaction.
 *
 * @returns the place, the purge's id, and `from`, the location of one that has moved as it was before.
 * @throws {Problem} 404
 */
export async function changePlace(
  client: PoolClient,
  id: string,
  { name, population, location }: PlaceChange,
): Promise<Place & { purgeId: string; from?: Place['location'] }> {
  const before = 'SELECT latitude, longitude FROM places WHERE id = $1 FOR UPDATE';
  const [from] = location ? (await client.query<Place['location']>(before, [id])).rows : [];
  const { rows } = await client.query<PlaceRow>(
    `UPDATE places SET name = coalesce($2, name), population = coalesce($3, population),
      latitude = coalesce($4, latitude), longitude = coalesce($5, longitude) WHERE id = $1 RETURNING ${COLUMNS}`,
    [id, name, population, location?.latitude, location?.longitude],
  );
  if (!rows[0]) throw new Problem(404, noPlace(id));
  const changed = toPlace(rows[0]);
  const shown = [...routeTags(place, { id }), ...routeTags(placesOfCountry, { country: changed.country })];
  // Parents stand for all places, and for all countries.
  const tags = shown.filter((tag) => !PARENTS.has(tag));
  return { ...changed, ...(from && { from }), purgeId: await requestPurge(client, tags) };
}

// PostgreSQL has no text with NUL, and no other control character belongs into a name; a lone surrogate isn't text at all.
const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= MAX_NAME_LENGTH && !/\p{Cc}|\p{Cs}/u.test(value);

const isPopulation = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_POPULATION;

function isLocation(value: unknown): value is Place['location'] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) return false;
  const { latitude, longitude } = value as Record<string, unknown>;
  // Of the two names of the antimeridian one: cells are from -180 to before 180.
  return isFrom(latitude, -90, 90) && isFrom(longitude, -180, 180) && longitude !== 180;
}

const isFrom = (value: unknown, least: number, most: number): value is number =>
  typeof value === 'number' && value >= least && value <= most;
