import { type Handle, Problem } from 'cachement/functions';

/** A place as the API shows it. */
export interface Place {
  readonly id: number;
  readonly name: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  readonly population: number;
  readonly location: { readonly latitude: number; readonly longitude: number };
  /** GeoNames' kind of place, such as `PPLC` for a capital. */
  readonly featureCode: string;
  /** GeoNames' first-level administrative division. */
  readonly adminCode: string;
}

/** A row of the table. */
export interface PlaceRow {
  id: number;
  name: string;
  country: string;
  population: number;
  latitude: number;
  longitude: number;
  feature_code: string;
  admin_code: string;
}

/** Columns of the table that a {@link PlaceRow} has. */
export const COLUMNS = 'id, name, country, population, latitude, longitude, feature_code, admin_code';

/** Most places of one page. */
const MAX_LIMIT = 40;

/** Characters of a search: one would find a tenth of all places. */
const MIN_SEARCH = 2;
const MAX_SEARCH = 64;

/** The largest id that the column takes; a greater one is a whole number all right, only there is nothing. */
const MAX_ID = 2_147_483_647;

export async function loadPlace(handle: Handle, id: string): Promise<Place | undefined> {
  const { rows } = await handle.query<PlaceRow>(`SELECT ${COLUMNS} FROM places WHERE id = $1`, [id]);
  return rows[0] && toPlace(rows[0]);
}

/** Many places by one query, by their ids. */
export async function loadPlaces(handle: Handle, ids: readonly string[]): Promise<Map<string, Place>> {
  const { rows } = await handle.query<PlaceRow>(`SELECT ${COLUMNS} FROM places WHERE id = ANY($1)`, [ids]);
  return new Map(rows.map((row) => [String(row.id), toPlace(row)]));
}

/** Ids of the places whose name begins with a text, the largest first. */
export async function findPlaces(handle: Handle, { q, country }: SearchParameters, most: number): Promise<string[]> {
  const { rows } = await handle.query<{ id: string }>(
    `SELECT id::text FROM places WHERE lower(name) LIKE $1 AND ($2::text IS NULL OR country = upper($2))
    ORDER BY population DESC, places.id LIMIT $3`,
    [`${q.replace(/[\\%_]/g, '\\$&')}%`, country, most],
  );
  return rows.map(({ id }) => id);
}

export async function loadPlacesOfCountry(handle: Handle, { country, limit, page }: PageParameters): Promise<Place[]> {
  const { rows } = await handle.query<PlaceRow>(
    `SELECT ${COLUMNS} FROM places WHERE country = $1 ORDER BY population DESC, id LIMIT $2 OFFSET $3`,
    [country, limit, (Number(page) - 1) * Number(limit)],
  );
  return rows.map(toPlace);
}

/** One page, as the API shows it. */
export async function loadPage(handle: Handle, page: PageParameters) {
  return {
    country: page.country,
    limit: Number(page.limit),
    page: Number(page.page),
    places: await loadPlacesOfCountry(handle, page),
  };
}

export function toPlace(row: PlaceRow): Place {
  const { id, name, country, population, latitude, longitude } = row;
  return {
    id,
    name,
    country,
    population,
    location: { latitude, longitude },
    featureCode: row.feature_code,
    adminCode: row.admin_code,
  };
}

/**
 * The id in its one spelling, since key and tags are made of it: a place that is known as `7` and `007` could be purged as one
 * only.
 *
 * @throws {Problem} 400 where it isn't a whole number, 404 where no place can have it.
 */
export function placeId(text: string | undefined): string {
  const id = wholeNumber('id', text);
  // The gateway keeps a response a spelling, and a purge names one.
  if (String(id) !== text && id <= MAX_ID) throw new Problem(400, `'id' must be written as '${id}', got: '${text}'`);
  if (id > MAX_ID) throw new Problem(404, noPlace(id));
  return String(id);
}

export const noPlace = (id: number | string): string => `there is no place with id ${id}`;

export const noPlaces = (country: string): string => `there are no places of ${country}`;

/** Parameters of one page of a country's places. A type and not an interface: it serves as the route's parameters. */
export type PageParameters = { country: string; limit: string; page: string };

/** The parameters in their one spelling. @throws {Problem} 400 */
export function pageParameters(parameters: Readonly<Record<string, string | undefined>>): PageParameters {
  const country = countryCode(parameters.country);
  const limit = wholeNumber('limit', parameters.limit);
  if (limit < 1 || limit > MAX_LIMIT)
    throw new Problem(400, `'limit' must be from 1 to ${MAX_LIMIT}, got: '${parameters.limit}'`);
  const page = wholeNumber('page', parameters.page);
  if (page < 1 || page > MAX_ID) throw new Problem(400, `'page' must be from 1 to ${MAX_ID}, got: '${parameters.page}'`);
  return { country, limit: String(limit), page: String(page) };
}

/** Parameters of a search. A type and not an interface: it serves as a query of search results. */
export type SearchParameters = { q: string; country?: string };

/** The parameters of a search. @throws {Problem} 400 */
export function searchParameters({ q = '', country }: Readonly<Record<string, string | undefined>>): SearchParameters {
  if (q.length < MIN_SEARCH || q.length > MAX_SEARCH || q.includes('\0')) {
    throw new Problem(400, `'q' must be ${MIN_SEARCH} to ${MAX_SEARCH} characters`);
  }
  return { q, ...(country && { country: countryCode(country) }) };
}

function countryCode(country = ''): string {
  if (!/^[A-Za-z]{2}$/.test(country)) throw new Problem(400, `'country' must be two letters, got: '${country}'`);
  return country.toUpperCase();
}

function wholeNumber(name: string, text: string | undefined): number {
  if (!/^\d+$/.test(text ?? '')) throw new Problem(400, `'${name}' must be a whole number, got: '${text}'`);
  return Number(text);
}
