/** A parsed cron expression of EventBridge: minutes, hours, day of month, month, day of week, year. All in UTC. */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly months: readonly number[];
  readonly years: readonly number[];
  /** True of a day (a date at midnight) that is one of the expression's. */
  day(date: Date): boolean;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** Years that EventBridge takes. */
const FIRST_YEAR = 1970;
const LAST_YEAR = 2199;

const DAY_MS = 86_400_000;

/** @throws an Error on what EventBridge refuses. */
export function parseCron(text: string, where: string): Cron {
  const fields = text.trim().split(/\s+/);
  const fail = (rule: string): never => {
    throw new Error(`${where}: a cron expression ${rule}, got: cron(${text})`);
  };
  if (fields.length !== 6) fail('has six fields: minutes, hours, day of month, month, day of week, year');
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = fields as [string, string, string, string, string, string];
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) fail(`has '?' in exactly one of day of month and day of week`);
  const values = (field: string, least: number, most: number, names?: string[]) =>
    parseValues(field, least, most, names) ?? fail(`has numbers from ${least} to ${most} in this field: '${field}'`);
  return {
    minutes: values(minutes, 0, 59),
    hours: values(hours, 0, 23),
    months: values(month, 1, 12, MONTHS),
    years: values(year, FIRST_YEAR, LAST_YEAR),
    day: dayOfWeek === '?' ? ofMonth(dayOfMonth, values) : ofWeek(dayOfWeek, values),
  };
}

/** The next time after `after`, in milliseconds since the epoch; `undefined` after the last year. */
export function nextCron(cron: Cron, after: number): number | undefined {
  const start = (Math.floor(after / 60_000) + 1) * 60_000;
  const lastYear = cron.years.at(-1)!;
  for (let day = Math.floor(start / DAY_MS) * DAY_MS; ; day += DAY_MS) {
    const date = new Date(day);
    if (date.getUTCFullYear() > lastYear) return undefined;
    if (!cron.years.includes(date.getUTCFullYear()) || !cron.months.includes(date.getUTCMonth() + 1) || !cron.day(date)) continue;
    for (const hour of cron.hours) {
      for (const minute of cron.minutes) {
        const time = day + hour * 3_600_000 + minute * 60_000;
        if (time >= start) return time;
      }
    }
  }
}

type Values = (field: string, least: number, most: number, names?: string[]) => number[];

/** `L` is the last day, `15W` the weekday nearest to the 15th (in the same month), `LW` the last weekday. */
function ofMonth(field: string, values: Values): Cron['day'] {
  if (field === 'L') return (date) => date.getUTCDate() === lastDay(date);
  const nearest = /^(L|\d+)W$/.exec(field)?.[1];
  if (nearest !== undefined) {
    return (date) => date.getUTCDate() === nearestWeekday(date, nearest === 'L' ? lastDay(date) : Number(nearest));
  }
  const days = values(field, 1, 31);
  return (date) => days.includes(date.getUTCDate());
}

/** 1 is Sunday. `6L` is the last Friday of the month, `3#2` the second Tuesday. */
function ofWeek(field: string, values: Values): Cron['day'] {
  const weekday = (date: Date) => date.getUTCDay() + 1;
  const last = /^(\w+)L$/.exec(field)?.[1];
  if (last !== undefined) {
    const [day] = values(last, 1, 7, DAYS);
    return (date) => weekday(date) === day && date.getUTCDate() + 7 > lastDay(date);
  }
  const nth = /^(\w+)#([1-5])$/.exec(field);
  if (nth) {
    const [day] = values(nth[1]!, 1, 7, DAYS);
    return (date) => weekday(date) === day && Math.ceil(date.getUTCDate() / 7) === Number(nth[2]);
  }
  const days = field === 'L' ? [7] : values(field, 1, 7, DAYS);
  return (date) => days.includes(weekday(date));
}

function nearestWeekday(date: Date, target: number): number {
  const last = lastDay(date);
  const wanted = Math.min(target, last);
  const weekday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), wanted)).getUTCDay();
  if (weekday === 6) return wanted === 1 ? 3 : wanted - 1;
  if (weekday === 0) return wanted === last ? wanted - 2 : wanted + 1;
  return wanted;
}

function lastDay(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

/** `*`, numbers or names, ranges, lists and steps, in order; `undefined` where it isn't one of these. */
function parseValues(field: string, least: number, most: number, names: string[] = []): number[] | undefined {
  const found = new Set<number>();
  for (const part of field.split(',')) {
    const match = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part);
    if (!match) return undefined;
    const [, from, to, step] = match as unknown as [string, string, string | undefined, string | undefined];
    const number = (text: string) => (names.includes(text.toUpperCase()) ? names.indexOf(text.toUpperCase()) + 1 : Number(text));
    const first = from === '*' ? least : number(from);
    // A step without a range runs to the end; a number alone is itself.
    const last = to !== undefined ? number(to) : from === '*' || step !== undefined ? most : first;
    if (![first, last].every((value) => Number.isInteger(value) && value >= least && value <= most) || Number(step ?? 1) < 1)
      return undefined;
    // FRI-MON goes over the end of the week.
    const span = last >= first ? last - first : most - least + 1 + last - first;
    for (let i = 0; i <= span; i += Number(step ?? 1)) found.add(least + ((first - least + i) % (most - least + 1)));
  }
  return [...found].sort((a, b) => a - b);
}
