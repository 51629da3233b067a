import {
  type ComparedKey,
  cached,
  cacheFromEnvironment,
  createRouter,
  databaseFromEnvironment,
  type Handler,
  isPurgeId,
  listPurges,
  Problem,
  purgeReport,
  health as readHealth,
  purgedKeys as readPurgedKeys,
  storeFromEnvironment,
  uncached,
} from 'cachement/functions';
import { health, place, placesOfCountry, purge, purgedKeys, purges } from '../../routes';
import { loadPage, loadPlace, noPlace, noPlaces, pageParameters, placeId } from '../places';

const database = databaseFromEnvironment();
const store = storeFromEnvironment();
const cache = cacheFromEnvironment(database, store);

const getPlace: Handler = async ({ parameters, readOptions }) => {
  const id = placeId(parameters.id);
  const read = await cache.getOrSet(place, { id }, (handle) => loadPlace(handle, id), readOptions(cache.entry(place, { id })));
  return cached(place, read, noPlace(id));
};

const getPlaces: Handler = async ({ parameters, readOptions }) => {
  const page = pageParameters(parameters);
  const read = await cache.getOrSet(
    placesOfCountry,
    page,
    (handle) => loadPage(handle, page),
    readOptions(cache.entry(placesOfCountry, page)),
  );
  return cached(placesOfCountry, read, noPlaces(page.country));
};

const getPurge: Handler = async ({ parameters: { purgeId = '' } }) => {
  if (!isPurgeId(purgeId)) throw new Problem(400, `'purgeId' must be a UUID, got: '${purgeId}'`);
  const report = await purgeReport(database.writer, purgeId);
  if (!report) throw new Problem(404, `there is no purge ${purgeId}`);
  return uncached(200, report);
};

const getPurges: Handler = async ({ parameters: { from, to } }) => {
  const until = time('to', to) ?? new Date();
  const since = time('from', from) ?? new Date(until.getTime() - 3_600_000);
  return uncached(200, { purges: await listPurges(database.writer, since, until) });
};

const getPurgedKeys: Handler = async ({ parameters: { from, to } }) => {
  const range = { from: time('from', from) as Date, to: time('to', to) as Date };
  return uncached(200, { keys: await readPurgedKeys(database.writer, { ...range, keyOf }) });
};

/** Key that is compared for a tag: a place, or the first page of a country. Anybody may purge what is neither. */
function keyOf(tag: string): ComparedKey | undefined {
  const [, id, country] = /^place:([1-9]\d{0,8})$|^country:([a-z]{2})$/.exec(tag) ?? [];
  if (id !== undefined) return { route: place, parameters: { id }, absent: noPlace(id), load: (handle) => loadPlace(handle, id) };
  if (country === undefined) return undefined;
  const page = pageParameters({ country, limit: '20', page: '1' });
  return { route: placesOfCountry, parameters: page, absent: noPlaces(page.country), load: (handle) => loadPage(handle, page) };
}

/** @throws {Problem} 400 where the text is no time. */
function time(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const date = new Date(text);
  if (Number.isNaN(date.getTime()))
    throw new Problem(400, `'${name}' must be a time as in ISO 8601, got: '${text.slice(0, 100)}'`);
  return date;
}

const getHealth: Handler = async () => {
  const state = await readHealth(store, database);
  return uncached(state.status === 'down' ? 503 : 200, state);
};

/** Answers every read, and says 405 to methods that nobody answers. */
export const handler = createRouter([
  { route: place, methods: { GET: getPlace }, elsewhere: ['PATCH'] },
  { route: placesOfCountry, methods: { GET: getPlaces } },
  { route: purge, methods: { GET: getPurge } },
  { route: purges, methods: { GET: getPurges } },
  { route: purgedKeys, methods: { GET: getPurgedKeys } },
  { route: health, methods: { GET: getHealth } },
]);
