import { monotonicNow } from '../clock';
import { isUnavailable } from '../errors';
import type { PatternCount, PatternMeter } from './metrics';

export type { PatternMeter } from './metrics';

/**
 * Counts an operation of a pattern, where somebody counts: that it was asked for, how long it took, and that it had no answer.
 */
export async function measured<T>(meter: PatternMeter | undefined, operation: () => Promise<T>): Promise<T> {
  if (!meter) return operation();
  const began = monotonicNow();
  try {
    return await operation();
  } catch (error) {
    if (isUnavailable(error)) meter.add('Unavailable');
    throw error;
  } finally {
    meter.operation(began);
  }
}

/** Adds to a count, where somebody counts. */
export function counted(meter: PatternMeter | undefined, what: PatternCount, by = 1): void {
  meter?.add(what, by);
}
