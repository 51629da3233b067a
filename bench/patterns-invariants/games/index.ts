import type { MakeGame } from '../game';
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

/** Games by their names; a judge has the same. */
export const GAMES: Readonly<Record<string, MakeGame>> = {
  carts: carts,
  counter: counter,
  feeds: feeds,
  generations: generations,
  geo: geo,
  inventory: inventory,
  leaderboards: leaderboards,
  'materialized-view': materializedView,
  'rate-limit': rateLimit,
  sessions: sessions,
  'time-series': timeSeries,
  usage: usage,
};
