export type { Resolution } from './buckets';
export {
  type Point,
  type Query,
  type Recorded,
  type Sample,
  TimeSeries,
  type TimeSeriesOptions,
} from './time-series';
export type { Uniques } from './uniques';
