import { byteRange, notModified, preconditionFails } from '../../../local/http';

const NOW = Date.UTC(2026, 0, 2);
const VALIDATORS = { etag: '"a"', lastModified: 'Thu, 01 Jan 2026 00:00:00 GMT' };

test.each<[Record<string, string>, boolean]>([
  [{}, false],
  [{ 'if-none-match': '"a"' }, true],
  [{ 'if-none-match': 'W/"a"' }, true],
  [{ 'if-none-match': '"b", "a"' }, true],
  [{ 'if-none-match': '"x,y", "a"' }, true],
  [{ 'if-none-match': '*' }, true],
  [{ 'if-modified-since': '2027-01-01' }, false],
  [{ 'if-modified-since': 'Friday, 02-Jan-26 00:00:00 GMT' }, true],
  [{ 'if-none-match': '"b"' }, false],
  [{ 'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' }, true],
  [{ 'if-modified-since': 'Wed, 31 Dec 2025 00:00:00 GMT' }, false],
  [{ 'if-none-match': '"b"', 'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' }, false],
])('a client with %j has a good copy: %s', (request, expected) => {
  expect(notModified(request, VALIDATORS, NOW)).toBe(expected);
});

test.each<[Record<string, string>, unknown]>([
  [{}, undefined],
  [{ range: 'bytes=0-3' }, { start: 0, end: 3 }],
  [{ range: 'bytes=5-' }, { start: 5, end: 9 }],
  [{ range: 'bytes=-3' }, { start: 7, end: 9 }],
  [{ range: 'bytes=-30' }, { start: 0, end: 9 }],
  [{ range: 'bytes=8-99' }, { start: 8, end: 9 }],
  [{ range: 'bytes=10-' }, 'unsatisfiable'],
  [{ range: 'bytes=5-2' }, undefined],
  [{ range: 'bytes=--2' }, undefined],
  [{ range: 'bytes=-0' }, 'unsatisfiable'],
  [{ range: 'bytes=0-1,3-4' }, undefined],
  [{ range: 'lines=0-1' }, undefined],
  [
    { range: 'bytes=0-1', 'if-range': '"a"' },
    { start: 0, end: 1 },
  ],
  [{ range: 'bytes=0-1', 'if-range': '"b"' }, undefined],
])('of ten bytes %j is %j', (request, expected) => {
  expect(byteRange(request, VALIDATORS, 10)).toEqual(expected);
});

test.each<[Record<string, string>, boolean]>([
  [{}, false],
  [{ 'if-match': '"a"' }, false],
  [{ 'if-match': '*' }, false],
  [{ 'if-match': 'W/"a"' }, true],
  [{ 'if-match': '"b"' }, true],
  [{ 'if-unmodified-since': 'Wed, 31 Dec 2025 00:00:00 GMT' }, true],
  [{ 'if-unmodified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' }, false],
  [{ 'if-match': '"a"', 'if-unmodified-since': 'Wed, 31 Dec 2025 00:00:00 GMT' }, false],
])('the precondition %j fails: %s', (request, expected) => {
  expect(preconditionFails(request, VALIDATORS, NOW)).toBe(expected);
});
