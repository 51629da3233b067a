import { defineRoute, type Route } from './route';

/** Routes that show the platform at work; none of them is ever cached. */
export interface PlatformRoutes {
  /** Steps of one purge, `/purges/{purgeId}`. */
  readonly purge: Route;
  /** Purges by the time of their commit, ISO 8601, `/purges?from=&to=`; by default the last hour. */
  readonly purges: Route;
  /** Each tier's state, `/health`. */
  readonly health: Route;
  /** Some of the keys whose last purge was between two times, with what the primary has of them, `/purged-keys?from=&to=`. */
  readonly purgedKeys: Route;
}

/**
 * Routes of the platform itself, which `platformEndpoints` of `cachement/functions` answers and `cachement purges` of the command
 * line asks. `CachingPlatform.addPlatformRoutes` serves the first three.
 */
export const platformRoutes: PlatformRoutes = {
  purge: defineRoute({ name: 'purge', path: '/purges/{purgeId}' }),
  purges: defineRoute({ name: 'purges', path: '/purges', query: { from: {}, to: {} } }),
  health: defineRoute({ name: 'health', path: '/health' }),
  purgedKeys: defineRoute({
    name: 'purged-keys',
    path: '/purged-keys',
    query: { from: { required: true }, to: { required: true } },
  }),
};
