import { Token } from 'aws-cdk-lib';

/** Windows of a database or a cache, in UTC. */
interface Windows {
  /** Construct that has them, which an error begins with. */
  readonly what: string;
  /** Property of the weekly one, and its value, such as `sun:04:30-sun:05:30`. */
  readonly weekly: readonly [property: string, value: string | undefined];
  /** Property of the daily one, and its value, such as `03:00-04:00`. */
  readonly daily: readonly [property: string, value: string | undefined];
  /** Least lengths in minutes. */
  readonly least: { readonly weekly: number; readonly daily: number };
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const DAY = 24 * 60;
const TIME = '([01]\\d|2[0-3]):([0-5]\\d)';
const WEEKLY = new RegExp(`^(${DAYS.join('|')}):${TIME}-(${DAYS.join('|')}):${TIME}$`);
const DAILY = new RegExp(`^${TIME}-${TIME}$`);

/** Start in minutes of a week or a day, and length in minutes. */
type Span = readonly [start: number, length: number];

/**
 * Checks windows that a service is told.
 *
 * @throws {RangeError} where one isn't of the service's form, is too short, or overlaps the other, which the services refuse.
 */
export function checkWindows({ what, weekly, daily, least }: Windows): void {
  const fail = (property: string, rule: string, got: string, fix: string): never => {
    throw new RangeError(`${what}: '${property}' ${rule}, got: '${got}'; ${fix}`);
  };
  const spanOf = (
    [property, value]: Windows['weekly'],
    pattern: RegExp,
    period: number,
    minutes: number,
    example: string,
  ): Span | undefined => {
    if (value === undefined || Token.isUnresolved(value)) return undefined;
    const match = pattern.exec(value)?.slice(1);
    if (!match) return fail(property, `must be such as '${example}', in UTC`, value, 'write it so');
    const [start, end] = period === DAY ? [match.slice(0, 2), match.slice(2)] : [match.slice(0, 3), match.slice(3)];
    const span: Span = [minuteOf(start), (minuteOf(end) - minuteOf(start) + period) % period];
    if (span[1] < minutes) fail(property, `must be ${minutes} minutes or longer`, value, 'make it longer');
    return span;
  };
  const week = spanOf(weekly, WEEKLY, 7 * DAY, least.weekly, 'sun:04:30-sun:05:30');
  const day = spanOf(daily, DAILY, DAY, least.daily, '03:00-04:00');
  if (!week || !day) return;
  // Each begins within the other, or neither does.
  const overlaps = (week[0] - day[0] + 7 * DAY) % DAY < day[1] || (day[0] - week[0] + 7 * DAY) % DAY < week[1];
  if (overlaps) fail(weekly[0], `must not overlap '${daily[0]}' (${daily[1]})`, weekly[1] as string, 'move one of the two');
}

function minuteOf(parts: readonly string[]): number {
  const [minute, hour, day] = [...parts].reverse();
  return (day === undefined ? 0 : DAYS.indexOf(day) * DAY) + Number(hour) * 60 + Number(minute);
}
