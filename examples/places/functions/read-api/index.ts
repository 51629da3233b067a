import {
  type ComparedKey,
  cached,
  cacheFromEnvironment,
  createRouter,
  databaseFromEnvironment,
  type Handler,
  platformEndpoints,
} from 'cachement/functions';
import { place, placesOfCountry } from '../../routes';
import { loadPage, loadPlace, noPlace, noPlaces, pageParameters, placeId } from '../places';

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
  { route: place, GET: getPlace },
  { route: placesOfCountry, GET: getPlaces },
  ...platformEndpoints({ database, cache, keyOf }),
]);
