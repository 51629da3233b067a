import type { MakeGame } from '../game';
import { counter } from './counter';

/** Games by their names; a judge has the same. */
export const GAMES: Readonly<Record<string, MakeGame>> = { counter };
