import { cacheFromEnvironment, createWorker, databaseFromEnvironment, type WarmKey, warmStep } from 'cachement/functions';
import { place, placesOfCountry, warmCountries, warmPlaces } from '../../routes';
import { loadPage, loadPlace } from '../places';

const cache = cacheFromEnvironment(databaseFromEnvironment());

const places = warmPlaces.map(
  (parameters): WarmKey => ({
    route: place,
    parameters,
    read: (ticket) => cache.getOrSet(place, parameters, (handle) => loadPlace(handle, parameters.id), { ticket }),
  }),
);
const countries = warmCountries.map(
  (parameters): WarmKey => ({
    route: placesOfCountry,
    parameters,
    read: (ticket) => cache.getOrSet(placesOfCountry, parameters, (handle) => loadPage(handle, parameters), { ticket }),
  }),
);

/** Reads the declared keys again after a purge of theirs, so that the first viewer finds them in the shared tier. */
export const handler = createWorker({ PurgeRequested: warmStep({ keys: [...places, ...countries] }) });
