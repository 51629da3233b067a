import { Problem, requestPurge } from 'cachement/functions';
import { routeTags } from 'cachement/route';
import type { PoolClient } from 'pg';
import { parentTags, place, placesOfCountry } from '../../routes';
import { COLUMNS, noPlace, type Place, type PlaceRow, toPlace } from '../places';

/** Fields that a PATCH may change; at least one of them. */
export interface PlaceChange {
  readonly name?: string;
  readonly population?: number;
}

const PARENTS = new Set<string>(Object.values(parentTags));

/** GeoNames' longest name, in characters. */
const MAX_NAME_LENGTH = 200;

/** The column's largest value. */
const MAX_POPULATION = 2_147_483_647;

/** @throws {Problem} 400 that names the field and the rule. */
export function parseChange(body: Record<string, unknown>): PlaceChange {
  const { name, population, ...unknown } = body;
  const [field] = Object.keys(unknown);
  if (field !== undefined)
    throw new Problem(400, `unknown field '${field.slice(0, 100)}'; 'name' and 'population' can be changed`);
  if (name === undefined && population === undefined)
    throw new Problem(400, "at least one of 'name' and 'population' is required");
  if (name !== undefined && !isName(name)) {
    throw new Problem(400, `'name' must be a text of 1 to ${MAX_NAME_LENGTH} characters without control characters`);
  }
  if (population !== undefined && !isPopulation(population)) {
    throw new Problem(400, `'population' must be a whole number from 0 to ${MAX_POPULATION}`);
  }
  return { ...(name !== undefined && { name }), ...(population !== undefined && { population }) };
}

/** Changes the row, and asks for the purge of everything that shows it, in the caller's transaction. @throws {Problem} 404 */
export async function changePlace(
  client: PoolClient,
  id: string,
  { name = null, population = null }: { name?: string | null; population?: number | null },
): Promise<Place & { purgeId: string }> {
  const { rows } = await client.query<PlaceRow>(
    `UPDATE places SET name = coalesce($2, name), population = coalesce($3, population) WHERE id = $1 RETURNING ${COLUMNS}`,
    [id, name, population],
  );
  if (!rows[0]) throw new Problem(404, noPlace(id));
  const changed = toPlace(rows[0]);
  const shown = [...routeTags(place, { id }), ...routeTags(placesOfCountry, { country: changed.country })];
  // Parents stand for all places, and for all countries.
  const tags = shown.filter((tag) => !PARENTS.has(tag));
  return { ...changed, purgeId: await requestPurge(client, tags) };
}

// PostgreSQL has no text with NUL, and no other control character belongs into a name; a lone surrogate isn't text at all.
const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.trim() !== '' && value.length <= MAX_NAME_LENGTH && !/\p{Cc}|\p{Cs}/u.test(value);

const isPopulation = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_POPULATION;
