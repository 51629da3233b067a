/**
 * Metering of usage by tenant: counters that take an event once, and rows in the transaction of what is billed; imported as
 * `cachement/patterns/usage`.
 */
export type { Statements } from './rows';
export { recordInTransaction, rollUpEvents, USAGE_SCHEMA } from './rows';
export type { UsageEvent } from './usage-event';
export {
  type FlushOptions,
  type Recorded,
  type Usage,
  UsageMeter,
  type UsageMeterOptions,
} from './usage-meter';
