import type { Judge } from '../judge';
import { counter } from './counter';

/** Judges of all games. */
export const JUDGES: readonly Judge[] = [counter];
