import type { CachementProps } from 'cachement';
import { platformRoutes } from 'cachement/route';
import { exactTags, parentTags, place, routes } from './routes';
import { PlacesWorkload } from './workload';

/** The places API, as every stage of this repository's app serves it. */
export const places: Omit<CachementProps, 'config'> = {
  workload: new PlacesWorkload(),
  routes: [...routes],
  writes: [{ route: place, method: 'PATCH' }],
  restricted: [platformRoutes.purge, platformRoutes.purges, platformRoutes.purgedKeys],
  exactTags,
  parentTags,
  purgedKeys: platformRoutes.purgedKeys,
  examples: [
    { id: 'Place', shows: 'a place; ask twice, and look at X-Cache and Cache-Status', path: '/places/2950159' },
    { id: 'Country', shows: 'the largest places of a country', path: '/places?country=DE&limit=20&page=1' },
    { id: 'Nearby', shows: 'places within 25 km of a point', path: '/places/nearby?lat=52.52&lon=13.41&radius=25' },
    { id: 'Search', shows: 'places whose name begins with a text', path: '/places/search?q=berl' },
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
