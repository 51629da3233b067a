import type { MakeGame } from '../game';
import { counter } from './counter';
import { leaderboards } from './leaderboards';
import { rateLimit } from './rate-limit';
import { sessions } from './sessions';

/** Games by their names; a judge has the same. */
export const GAMES: Readonly<Record<string, MakeGame>> = { counter, leaderboards, 'rate-limit': rateLimit, sessions };
