const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = MONTHS.join('|');
const TIME = '(\\d{2}):(\\d{2}):(\\d{2})';
const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';

/** Forms of an HTTP-date (RFC 9110, section 5.6.7), each with the order of its day, month, year and time. */
const IMF_FIXDATE = new RegExp(`^${DAY}, (\\d{2}) (${MONTH}) (\\d{4}) ${TIME} GMT$`);
const RFC_850 = new RegExp(`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\\d{2})-(${MONTH})-(\\d{2}) ${TIME} GMT$`);
const ASCTIME = new RegExp(`^${DAY} (${MONTH}) ([ \\d]\\d) ${TIME} (\\d{4})$`);

/** RFC 9110: a year of two digits that would be more than 50 years ahead is one of the past century. */
const YEARS_AHEAD = 50;

/**
 * An HTTP-date in milliseconds since the epoch; undefined for text that is none. `Date.parse` takes far more than HTTP does, such
 * as `1` or a date with an offset.
 *
 * @param now milliseconds since the epoch; only dates with a year of two digits are compared with it.
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  const fixed = IMF_FIXDATE.exec(text);
  if (fixed) return utc(Number(fixed[3]), fixed[2], fixed[1], fixed.slice(4));
  const short = RFC_850.exec(text);
  if (short) {
    const thisYear = new Date(now).getUTCFullYear();
    const year = Math.floor(thisYear / 100) * 100 + Number(short[3]);
    return utc(year > thisYear + YEARS_AHEAD ? year - 100 : year, short[2], short[1], short.slice(4));
  }
  const asctime = ASCTIME.exec(text);
  return asctime ? utc(Number(asctime[6]), asctime[1], asctime[2], asctime.slice(3, 6)) : undefined;
}

function utc(year: number, month: string | undefined, day: string | undefined, time: readonly string[]): number | undefined {
  const [hours, minutes, seconds] = time.map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, MONTHS.indexOf(month as string), Number(day), hours, minutes, Math.min(seconds, 59)));
  // `Date.UTC` carries 31 February over into March. A leap second is the second before it.
  const exists = date.getUTCDate() === Number(day) && date.getUTCHours() === hours && date.getUTCMinutes() === minutes;
  return exists && seconds <= 60 ? date.getTime() : undefined;
}
