import {
  type ComparedKey,
  cached,
  cacheFromEnvironment,
  createRouter,
  databaseFromEnvironment,
  type Handler,
  Problem,
  platformEndpoints,
  uncached,
} from 'cachement/functions';
import { SearchResults } from 'cachement/patterns/search-results';
import { routeTags } from 'cachement/route';
import { readMany } from 'cachement/runtime/read-many';
import { foundPlaces, nearbyPlaces, place, placesOfCountry } from '../../routes';
import { circleOf, nearbyOf } from '../nearby';
import {
  findPlaces,
  loadPage,
  loadPlace,
  loadPlaces,
  noPlace,
  noPlaces,
  pageParameters,
  placeId,
  type SearchParameters,
  searchParameters,
} from '../places';

const database = databaseFromEnvironment();
const cache = cacheFromEnvironment(database);

const getPlace: Handler = async ({ parameters, read }) => {
  const id = placeId(parameters.id);
  return cached(place, await read(cache, { id }, (handle) => loadPlace(handle, id)), { absent: noPlace(id) });
};

const getPlaces: Handler = async ({ parameters, read }) => {
  const page = pageParameters(parameters);
  const found = await read(cache, page, (handle) => loadPage(handle, page));
  return cached(placesOfCountry, found, { absent: noPlaces(page.country) });
};

/** Places of lists of ids: each once, whatever lists it is in, and changed by a purge of the place. */
const items = cache.namespace('items', { freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 3600 } });
const placesOf = (ids: readonly string[]) => readMany(items, ids, loadPlaces, { tags: (id) => routeTags(place, { id }) });

const nearby = nearbyOf(database);

const getNearby: Handler = async ({ parameters }) => {
  const circle = circleOf(parameters);
  const { items: found } = await nearby.search(circle);
  const places = await placesOf(found.map(({ id }) => id));
  const { latitude, longitude, radiusKm } = circle;
  return uncached(200, {
    latitude,
    longitude,
    radiusKm,
    places: found.flatMap(({ id, distanceKm }) => {
      const known = places.get(id);
      return known ? [{ ...known, distanceKm: Number(distanceKm.toFixed(3)) }] : [];
    }),
  });
};

const results = new SearchResults({
  cache,
  name: 'results',
  find: (handle, query, most) => findPlaces(handle, query as SearchParameters, most),
});

const getFound: Handler = async ({ parameters }) => {
  const { cursor } = parameters;
  if (cursor && !/^[\w-]{16}\.\d{1,6}$/.test(cursor)) throw new Problem(400, "'cursor' must be one that came with a page");
  const { ids, expired, ...page } = await results.page(searchParameters(parameters), { cursor: cursor || undefined });
  return uncached(expired ? 410 : 200, { places: [...(await placesOf(ids)).values()], ...page });
};

/** Key that is compared for a tag: a place, or the first page of a country. Anybody may purge what is neither. */
function keyOf(tag: string): ComparedKey | undefined {
  const [, id, country] = /^place:([1-9]\d{0,8})$|^country:([a-z]{2})$/.exec(tag) ?? [];
  if (id !== undefined) {
    const load: ComparedKey['load'] = (handle) => loadPlace(handle, id);
    return { route: place, parameters: { id }, response: { absent: noPlace(id) }, load };
  }
  if (country === undefined) return undefined;
  const page = pageParameters({ country, limit: '20', page: '1' });
  const load: ComparedKey['load'] = (handle) => loadPage(handle, page);
  return { route: placesOfCountry, parameters: page, response: { absent: noPlaces(page.country) }, load };
}

/** Answers every read. */
export const handler = createRouter([
  { route: nearbyPlaces, GET: getNearby },
  { route: foundPlaces, GET: getFound },
  { route: place, GET: getPlace },
  { route: placesOfCountry, GET: getPlaces },
  ...platformEndpoints({ database, cache, keyOf }),
]);
