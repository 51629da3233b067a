import { days, defineRoute, hours, minutes, platformRoutes, type Route, seconds } from 'cachement/route';

/** One place by its id. */
export const place: Route = defineRoute({
  name: 'place',
  path: '/places/{id}',
  freshness: {
    memoryTtlSeconds: seconds(1),
    sharedTtlSeconds: days(1),
    negativeTtlSeconds: minutes(1),
    gatewayTtlSeconds: minutes(5),
    edgeTtlSeconds: hours(1),
  },
  tags: ['place:{id}', 'places'],
});

/** The places of a country, by population. A change to any of its places purges every page of it. */
export const placesOfCountry: Route = defineRoute({
  name: 'places-of-country',
  path: '/places',
  query: {
    country: { required: true, normalize: ['lowercase'] },
    limit: { default: '20' },
    page: { default: '1' },
  },
  freshness: {
    memoryTtlSeconds: seconds(1),
    sharedTtlSeconds: days(1),
    negativeTtlSeconds: minutes(1),
    gatewayTtlSeconds: minutes(5),
    edgeTtlSeconds: hours(1),
  },
  tags: ['country:{country}', 'countries'],
});

/** Places around a point, the nearest first. Cached within, by cells: whoever moves a place drops the cells that it is in. */
export const nearbyPlaces: Route = defineRoute({
  name: 'nearby',
  path: '/places/nearby',
  query: { lat: { required: true }, lon: { required: true }, radius: { default: '10' } },
});

/**
 * Places whose name begins with a text, page by page. Cached within for minutes, as ids: the places are those of now. However a
 * text is spelt, it is one search.
 */
export const foundPlaces: Route = defineRoute({
  name: 'search',
  path: '/places/search',
  query: {
    q: { required: true, normalize: ['trim', 'collapse-spaces', 'lowercase', 'unicode'] },
    country: { normalize: ['lowercase'] },
    cursor: {},
  },
});

/** What stands for many tags of a batch at the edge: every response with the one carries the other. */
export const parentTags = { 'place:{id}': 'places', 'country:{country}': 'countries' } as const;

/** Tags that are on the responses of one route only, and name its key: the gateway refreshes that key. */
export const exactTags: Readonly<Record<string, Route>> = { 'place:{id}': place };

/** Places that are read again as soon as they were purged: those that most are read of. */
export const warmPlaces = [{ id: '2950159' }] as const;

/** First pages of countries that are read again as soon as they were purged. */
export const warmCountries = [{ country: 'DE', limit: '20', page: '1' }] as const;

/** Every route of the sample API. */
export const routes: readonly Route[] = [
  place,
  placesOfCountry,
  nearbyPlaces,
  foundPlaces,
  platformRoutes.purge,
  platformRoutes.purges,
  platformRoutes.purgedKeys,
  platformRoutes.health,
];
