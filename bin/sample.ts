import type { CachementProps } from '../lib/stacks/app';
import { exactTags, health, parentTags, place, placesOfCountry, purge, purgedKeys, purges } from '../routes';

/** The sample API, as every stage of the app serves it. */
export const sample: Omit<CachementProps, 'config'> = {
  routes: [place, placesOfCountry, purge, purges, purgedKeys, health],
  writes: [{ route: place, method: 'PATCH' }],
  restricted: [purge, purges, purgedKeys],
  exactTags,
  parentTags,
  purgedKeys,
  examples: [
    { id: 'Place', shows: 'a place; ask twice, and look at X-Cache and Cache-Status', path: '/places/2950159' },
    { id: 'Country', shows: 'the largest places of a country', path: '/places?country=DE&limit=20&page=1' },
    {
      id: 'Change',
      shows: 'a change, whose purge reaches the edge in seconds',
      path: '/places/2950159',
      method: 'PATCH',
      body: { population: 3_755_251 },
    },
    { id: 'Purge', shows: 'what a purge did; put the purgeId of a change here', path: '/purges/{purgeId}' },
    { id: 'Health', shows: "each tier's state", path: '/health' },
  ],
};
