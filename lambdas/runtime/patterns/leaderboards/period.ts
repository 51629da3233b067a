/** Period of a board, in UTC; a week begins on Monday. */
export type Period = 'hour' | 'day' | 'week' | 'month' | 'year';

/** Longest length of each period, in milliseconds. */
export const LONGEST = {
  hour: 3_600_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
  month: 31 * 86_400_000,
  year: 366 * 86_400_000,
} as const satisfies Record<Period, number>;

/** One period. */
export interface Span {
  /** Name, which is its begin as far as the period tells: `2026-11-28T13` is an hour, `2026-11-23` a week. */
  readonly name: string;
  /** First millisecond of the epoch in it. */
  readonly from: number;
  /** First millisecond of the epoch behind it. */
  readonly to: number;
}

/** Monday of the first week of the epoch that begins in it, in milliseconds. */
const FIRST_MONDAY = 4 * LONGEST.day;

/** Period that a time lies in. @param at epoch milliseconds. */
export function spanAt(period: Period, at: number): Span {
  const date = new Date(at);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  if (period === 'year') return { name: `${year}`, from: Date.UTC(year), to: Date.UTC(year + 1) };
  if (period === 'month') return named(Date.UTC(year, month), Date.UTC(year, month + 1), 7);
  const length = LONGEST[period];
  const first = period === 'week' ? FIRST_MONDAY : 0;
  const from = Math.floor((at - first) / length) * length + first;
  return named(from, from + length, period === 'hour' ? 13 : 10);
}

const named = (from: number, to: number, length: number): Span => ({
  name: new Date(from).toISOString().slice(0, length),
  from,
  to,
});
