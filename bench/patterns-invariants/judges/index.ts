import type { Judge } from '../judge';
import { counter } from './counter';
import { leaderboards } from './leaderboards';
import { rateLimit } from './rate-limit';
import { sessions } from './sessions';

/** Judges of all games. */
export const JUDGES: readonly Judge[] = [counter, leaderboards, rateLimit, sessions];
