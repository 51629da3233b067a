import type { Judge } from '../judge';
import { carts } from './carts';
import { counter } from './counter';
import { feeds } from './feeds';
import { generations } from './generations';
import { geo } from './geo';
import { inventory } from './inventory';
import { leaderboards } from './leaderboards';
import { materializedView } from './materialized-view';
import { rateLimit } from './rate-limit';
import { sessions } from './sessions';
import { timeSeries } from './time-series';
import { usage } from './usage';

/** Judges of all games. */
export const JUDGES: readonly Judge[] = [
  carts,
  counter,
  feeds,
  generations,
  geo,
  inventory,
  leaderboards,
  materializedView,
  rateLimit,
  sessions,
  timeSeries,
  usage,
];
