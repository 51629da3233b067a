import { cacheFromEnvironment, createWarmer, databaseFromEnvironment, type WarmKey } from 'cachement/functions';
import { place, placesOfCountry, warmCountries, warmPlaces } from '../../routes';
import { loadPage, loadPlace } from '../places';

const places = warmPlaces.map(
  ({ id }): WarmKey => ({ route: place, parameters: { id }, load: (handle) => loadPlace(handle, id) }),
);
const countries = warmCountries.map(
  (page): WarmKey => ({ route: placesOfCountry, parameters: page, load: (handle) => loadPage(handle, page) }),
);

/** Reads the declared keys again after a purge of theirs. */
export const handler = createWarmer({
  cache: cacheFromEnvironment(databaseFromEnvironment()),
  keys: [...places, ...countries],
});
