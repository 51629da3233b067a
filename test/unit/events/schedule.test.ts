import { parseSchedule } from '../../../local/events/schedule';

const at = (iso: string) => Date.parse(`${iso}Z`);
const iso = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString().slice(0, 16));

describe('a schedule', () => {
  test.each([
    ['rate(1 minute)', '2026-01-01T00:00', '2026-01-01T00:01'],
    ['rate(5 minutes)', '2026-01-01T00:03', '2026-01-01T00:08'],
    ['rate(1 hour)', '2026-01-01T00:00', '2026-01-01T01:00'],
    ['rate(2 days)', '2026-01-01T00:00', '2026-01-03T00:00'],
    ['cron(0 10 * * ? *)', '2026-01-01T10:00', '2026-01-02T10:00'],
    ['cron(15 12 * * ? *)', '2026-01-01T10:00', '2026-01-01T12:15'],
    ['cron(0/15 * * * ? *)', '2026-01-01T00:16', '2026-01-01T00:30'],
    ['cron(0 18 ? * MON-FRI *)', '2026-01-02T18:00', '2026-01-05T18:00'],
    ['cron(0 8 1 * ? *)', '2026-01-01T08:00', '2026-02-01T08:00'],
    ['cron(0/30 20-2 ? * MON-FRI *)', '2026-01-02T02:30', '2026-01-02T20:00'],
    ['cron(0 0 L * ? *)', '2026-02-01T00:00', '2026-02-28T00:00'],
    ['cron(0 0 ? * 6L *)', '2026-01-01T00:00', '2026-01-30T00:00'],
    ['cron(0 0 ? * 3#2 *)', '2026-01-01T00:00', '2026-01-13T00:00'],
    ['cron(0 0 3W * ? *)', '2026-01-01T00:00', '2026-01-02T00:00'],
    ['cron(0 0 1W * ? *)', '2026-07-31T00:00', '2026-08-03T00:00'],
    ['cron(0 0 LW * ? *)', '2026-05-01T00:00', '2026-05-29T00:00'],
    ['cron(0 0 29 FEB ? *)', '2026-01-01T00:00', '2028-02-29T00:00'],
    ['cron(0 0 1 1 ? 2027-2028)', '2026-01-01T00:00', '2027-01-01T00:00'],
    ['cron(0 0 1 1 ? 2026)', '2026-06-01T00:00', undefined],
  ])('%s after %s is %s', (expression, after, next) => {
    expect(iso(parseSchedule(expression, 'rule').next(at(after)))).toBe(next);
  });

  test.each([
    ['rate(1 minutes)', /singular for 1/],
    ['rate(5 minute)', /plural for more/],
    ['rate(0 minutes)', /singular/],
    ['rate(5 weeks)', /must be rate\(value unit\) or cron/],
    ['every minute', /must be rate/],
    ['cron(0 0 * * *)', /has six fields/],
    ['cron(0 0 * * * *)', /'\?' in exactly one of day of month and day of week/],
    ['cron(0 0 ? * ? *)', /'\?' in exactly one/],
    ['cron(61 0 * * ? *)', /from 0 to 59/],
    ['cron(0 24 * * ? *)', /from 0 to 23/],
    ['cron(0 0 x * ? *)', /from 1 to 31/],
  ])('fails on %s', (expression, message) => {
    expect(() => parseSchedule(expression, 'Stack/Rule')).toThrow(message);
  });
});
