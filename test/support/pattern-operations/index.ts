import { OF_THE_CACHE } from './of-the-cache';
import { OF_THE_TIER } from './of-the-tier';
import type { OpenOperations } from './operation';

export { type Outcome, onShard, operationsPool, type PatternOperation, WITHOUT_OPERATIONS } from './operation';

/** Operations of every pattern, and of the uses that need no module. */
export const PATTERN_OPERATIONS: Readonly<Record<string, OpenOperations>> = { ...OF_THE_TIER, ...OF_THE_CACHE };
