import { hitRatio } from './hit-ratio';
import { memoryHits, sharedHits } from './hits';
import type { Measure } from './measurement';

/** One promised figure. */
export interface Figure {
  /** Its name in the JSON. */
  readonly key: string;
  readonly what: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A figure in words. */
export function describe({ atLeast, atMost }: Figure): string {
  return atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
}

/** Whether the value isn't what is promised. */
export function isMissed({ atLeast, atMost }: Figure, value: unknown): boolean {
  const holds =
    typeof value === 'number' &&
    !(value < (atLeast ?? Number.NEGATIVE_INFINITY)) &&
    !(value > (atMost ?? Number.POSITIVE_INFINITY));
  return !holds || Number.isNaN(value);
}

/** What is measured together, and what is promised of it. */
export const MEASUREMENTS: readonly { readonly figures: readonly Figure[]; readonly measure: Measure }[] = [
  {
    measure: memoryHits,
    figures: [
      { key: 'memoryHitVsLayeredLoader', what: 'awaited memory hit by reference, beside layered-loader', atLeast: 1.2 },
      { key: 'memoryHitCopyVsBentocache', what: "awaited memory hit as a copy, beside bentocache's default", atLeast: 4 },
    ],
  },
  {
    measure: sharedHits,
    figures: [
      { key: 'sharedHitVsRaw', what: 'shared hit, 64 at once, beside a corked client and JSON.parse', atLeast: 0.9 },
      { key: 'sharedHitVsBestPeer', what: 'shared hit, 64 at once, beside the best of five libraries', atLeast: 1.5 },
    ],
  },
  {
    measure: hitRatio,
    figures: [{ key: 'hitRatioVsLruCache', what: 'worst difference of the hit ratio to lru-cache, in points', atLeast: -0.3 }],
  },
];
