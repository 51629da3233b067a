import { Duration } from 'aws-cdk-lib';
import { TAG_TTL_SECONDS } from '../contract/defaults';
import { drainSeconds, type Route } from '../route';

/**
 * @param readTimeout longest time that a read can be in flight.
 * @returns the time between the purges of the shared tier and of the outer tiers.
 */
export const drainOf = (routes: readonly Route[], readTimeout: Duration): Duration =>
  Duration.seconds(drainSeconds(routes, TAG_TTL_SECONDS, readTimeout.toSeconds()));
