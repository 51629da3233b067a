import { Duration } from 'aws-cdk-lib';
import { type Route, settleSeconds } from '../route';

/** For how long a function uses a tag's version without asking the shared tier again. The functions' runtime has the same default. */
const TAG_TTL = Duration.seconds(1);

/**
 * @param readTimeout the longest that a read can be in flight.
 * @returns how long after the shared tier the outer tiers are purged.
 */
export const drainOf = (routes: readonly Route[], readTimeout: Duration): Duration =>
  Duration.seconds(settleSeconds(routes, TAG_TTL.toSeconds(), readTimeout.toSeconds()));
