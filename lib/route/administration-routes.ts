import { defineRoute, type Route } from './route';

/** Routes by which what is cached is looked at and purged by hand; none of them is ever cached. */
export interface AdministrationRoutes {
  /** State of the shared tier, `GET /cache/stats`. */
  readonly stats: Route;
  /** One entry, `GET /cache/entries?name=&value=`. */
  readonly entries: Route;
  /** Names of entries, `GET /cache/keys?pattern=&cursor=`. */
  readonly keys: Route;
  /** Purges by hand: `GET /cache/purges` lists them, and `POST` makes one. */
  readonly purges: Route;
}

/** Routes of `CacheAdministration`. */
export const administrationRoutes: AdministrationRoutes = {
  stats: defineRoute({ name: 'cache-stats', path: '/cache/stats' }),
  entries: defineRoute({ name: 'cache-entries', path: '/cache/entries', query: { name: { required: true }, value: {} } }),
  keys: defineRoute({ name: 'cache-keys', path: '/cache/keys', query: { pattern: { required: true }, cursor: {} } }),
  purges: defineRoute({ name: 'cache-purges', path: '/cache/purges' }),
};
