import { parseHttpDate } from '../../../local/http/http-date';

const NOW = Date.UTC(2026, 5, 1);

test.each<[text: string, expected: number]>([
  ['Sun, 06 Nov 1994 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
  ['Sunday, 06-Nov-94 08:49:37 GMT', Date.UTC(1994, 10, 6, 8, 49, 37)],
  ['Sun Nov  6 08:49:37 1994', Date.UTC(1994, 10, 6, 8, 49, 37)],
  ['Sunday, 06-Nov-77 08:49:37 GMT', Date.UTC(1977, 10, 6, 8, 49, 37)],
  ['Friday, 01-Jan-60 00:00:00 GMT', Date.UTC(2060, 0, 1)],
  ['Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2016, 11, 31, 23, 59, 59)],
])('%s is a date', (text, expected) => {
  expect(parseHttpDate(text, NOW)).toBe(expected);
});

test.each([
  '',
  '0',
  '1',
  '2026-01-01',
  '2026-01-01T00:00:00Z',
  'Sun, 06 Nov 1994 08:49:37',
  'Sun, 06 Nov 1994 08:49:37 PST',
  'Sun, 06 Nov 1994 08:49:37 +0100',
  'sun, 06 nov 1994 08:49:37 gmt',
  'Thu, 31 Feb 2026 00:00:00 GMT',
  'Thu, 01 Jan 2026 24:00:00 GMT',
  'Thu, 01 Jan 2026 00:00:61 GMT',
])('%p is none', (text) => {
  expect(parseHttpDate(text, NOW)).toBeUndefined();
});
