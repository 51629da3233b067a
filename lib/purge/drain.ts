import { Duration } from 'aws-cdk-lib';
import { type Route, settleSeconds } from '../route';

/** Time for which a function uses a tag's version without asking the shared tier again. The runtime has the same default. */
const TAG_TTL = Duration.seconds(1);

/**
 * @param readTimeout longest time that a read can be in flight.
 * @returns the time between the purges of the shared tier and of the outer tiers.
 */
export const drainOf = (routes: readonly Route[], readTimeout: Duration): Duration =>
  Duration.seconds(settleSeconds(routes, TAG_TTL.toSeconds(), readTimeout.toSeconds()));
