import { health, place, placesOfCountry, purge } from '../../routes';
import { loadPlace, loadPlacesOfCountry, noPlace, pageParameters, placeId } from '../places';
import { cacheFromEnvironment, databaseFromEnvironment } from '../runtime/from-environment';
import { health as readHealth } from '../runtime/health';
import { Problem } from '../runtime/http/problem';
import { cached, uncached } from '../runtime/http/response';
import { createRouter, type Handler } from '../runtime/http/router';
import { isPurgeId, purgeReport } from '../runtime/purge/report';

const database = databaseFromEnvironment();
const cache = cacheFromEnvironment(database);

const getPlace: Handler = async ({ parameters }) => {
  const id = placeId(parameters.id);
  return cached(place, await cache.getOrSet(place, { id }, (handle) => loadPlace(handle, id)), noPlace(id));
};

const getPlaces: Handler = async ({ parameters }) => {
  const page = pageParameters(parameters);
  const read = await cache.getOrSet(placesOfCountry, page, async (handle) => ({
    country: page.country,
    limit: Number(page.limit),
    page: Number(page.page),
    places: await loadPlacesOfCountry(handle, page),
  }));
  return cached(placesOfCountry, read, `there are no places of ${page.country}`);
};

const getPurge: Handler = async ({ parameters: { purgeId = '' } }) => {
  if (!isPurgeId(purgeId)) throw new Problem(400, `'purgeId' must be a UUID, got: '${purgeId}'`);
  const report = await purgeReport(database.writer, purgeId);
  if (!report) throw new Problem(404, `there is no purge ${purgeId}`);
  return uncached(200, report);
};

const getHealth: Handler = async () => {
  const state = await readHealth(cache, database);
  return uncached(state.status === 'down' ? 503 : 200, state);
};

/** Answers every read, and says 405 to methods that nobody answers. */
export const handler = createRouter([
  { route: place, methods: { GET: getPlace }, elsewhere: ['PATCH'] },
  { route: placesOfCountry, methods: { GET: getPlaces } },
  { route: purge, methods: { GET: getPurge } },
  { route: health, methods: { GET: getHealth } },
]);
