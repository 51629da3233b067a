/** A promised figure; one that is only shown has no bar. */
export interface Figure {
  /** Its name in the JSON. */
  readonly key: string;
  readonly what: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A figure's bar in words. */
export function describe({ atLeast, atMost }: Figure): string {
  if (atLeast === undefined && atMost === undefined) return 'no bar';
  return atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
}

/** Tells whether the value isn't what is promised; what isn't a number never is. */
export function isMissed({ atLeast, atMost }: Figure, value: unknown): boolean {
  const holds =
    typeof value === 'number' &&
    !(value < (atLeast ?? Number.NEGATIVE_INFINITY)) &&
    !(value > (atMost ?? Number.POSITIVE_INFINITY));
  return !holds || Number.isNaN(value);
}
