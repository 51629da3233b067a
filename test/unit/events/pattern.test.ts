import { compilePattern } from '../../../local/events/pattern';

const event = {
  source: 'app',
  'detail-type': 'Changed',
  resources: ['arn:a', 'arn:b'],
  detail: {
    state: 'Running',
    count: 5,
    price: 3.5,
    ok: true,
    nothing: null,
    empty: '',
    ip: '10.0.1.7',
    ip6: '2001:db8::1',
    tags: ['red', 'green'],
    none: [],
    path: 'dir/file.txt',
    stars: 'a*b',
    items: [
      { id: 1, kind: 'x' },
      { id: 2, kind: 'y' },
    ],
    nested: { deep: { value: 'v' } },
  },
};

/** Pattern of the detail, and whether the event matches. */
const table: [name: string, detail: object, matches: boolean][] = [
  ['an exact text', { state: ['Running'] }, true],
  ['an exact text in another case', { state: ['running'] }, false],
  ['one of several texts', { state: ['Stopped', 'Running'] }, true],
  ['an exact number', { count: [5] }, true],
  ['a number written as a text', { count: ['5'] }, false],
  ['true', { ok: [true] }, true],
  ['null', { nothing: [null] }, true],
  ['null where there is no such field', { missing: [null] }, false],
  ['an empty text', { empty: [''] }, true],
  ['two fields', { state: ['Running'], count: [5] }, true],
  ['two fields of which one differs', { state: ['Running'], count: [6] }, false],
  ['a nested field', { nested: { deep: { value: ['v'] } } }, true],
  ['a nested field of a missing object', { absent: { deep: ['v'] } }, false],
  ['a value of an array', { tags: ['green'] }, true],
  ['no value of an array', { tags: ['blue'] }, false],
  ['an object of an array', { items: { kind: ['y'] } }, true],
  ['two fields of different objects of an array', { items: { id: [1], kind: ['y'] } }, false],

  ['prefix', { state: [{ prefix: 'Run' }] }, true],
  ['prefix in another case', { state: [{ prefix: 'run' }] }, false],
  ['prefix ignoring case', { state: [{ prefix: { 'equals-ignore-case': 'RUN' } }] }, true],
  ['prefix of a number', { count: [{ prefix: '5' }] }, false],
  ['suffix', { path: [{ suffix: '.txt' }] }, true],
  ['suffix ignoring case', { path: [{ suffix: { 'equals-ignore-case': '.TXT' } }] }, true],
  ['equals-ignore-case', { state: [{ 'equals-ignore-case': 'rUNNING' }] }, true],
  ['equals-ignore-case of another text', { state: [{ 'equals-ignore-case': 'run' }] }, false],

  ['wildcard', { path: [{ wildcard: 'dir/*.txt' }] }, true],
  ['wildcard that takes a dot as itself', { path: [{ wildcard: 'dir/*_txt' }] }, false],
  ['wildcard with an escaped star', { stars: [{ wildcard: 'a\\*b' }] }, true],
  ['an escaped star that is not any text', { path: [{ wildcard: 'dir\\*' }] }, false],

  ['exists', { state: [{ exists: true }] }, true],
  ['exists of a missing field', { missing: [{ exists: true }] }, false],
  ['exists of null', { nothing: [{ exists: true }] }, true],
  ['exists of an object, which is no leaf', { nested: [{ exists: true }] }, false],
  ['not exists', { missing: [{ exists: false }] }, true],
  ['not exists of a field that is there', { state: [{ exists: false }] }, false],
  ['not exists below a missing object', { absent: { deep: [{ exists: false }] } }, true],
  ['exists of an empty array', { none: [{ exists: true }] }, false],

  ['numeric =', { count: [{ numeric: ['=', 5] }] }, true],
  ['numeric range', { price: [{ numeric: ['>', 3, '<=', 3.5] }] }, true],
  ['numeric out of range', { price: [{ numeric: ['>', 3.5, '<=', 9] }] }, false],
  ['numeric of a text', { state: [{ numeric: ['>', 0] }] }, false],

  ['cidr', { ip: [{ cidr: '10.0.0.0/16' }] }, true],
  ['cidr of another network', { ip: [{ cidr: '10.1.0.0/16' }] }, false],
  ['cidr of IPv6', { ip6: [{ cidr: '2001:db8::/32' }] }, true],
  ['cidr of the other family', { ip: [{ cidr: '2001:db8::/32' }] }, false],
  ['cidr of a text that is no address', { state: [{ cidr: '0.0.0.0/0' }] }, false],

  ['anything-but a text', { state: [{ 'anything-but': 'Stopped' }] }, true],
  ['anything-but the text', { state: [{ 'anything-but': 'Running' }] }, false],
  ['anything-but a list', { state: [{ 'anything-but': ['Running', 'Stopped'] }] }, false],
  ['anything-but a number', { count: [{ 'anything-but': 6 }] }, true],
  ['anything-but a list of numbers', { count: [{ 'anything-but': [4, 5] }] }, false],
  ['anything-but of a missing field', { missing: [{ 'anything-but': 'x' }] }, false],
  ['anything-but prefix', { state: [{ 'anything-but': { prefix: 'Run' } }] }, false],
  ['anything-but a list of prefixes', { state: [{ 'anything-but': { prefix: ['Stop', 'Pause'] } }] }, true],
  ['anything-but suffix', { path: [{ 'anything-but': { suffix: '.txt' } }] }, false],
  ['anything-but equals-ignore-case', { state: [{ 'anything-but': { 'equals-ignore-case': 'RUNNING' } }] }, false],
  ['anything-but a list of equals-ignore-case', { state: [{ 'anything-but': { 'equals-ignore-case': ['a', 'b'] } }] }, true],
  ['anything-but wildcard', { path: [{ 'anything-but': { wildcard: 'dir/*' } }] }, false],

  ['$or with one that matches', { $or: [{ state: ['Stopped'] }, { count: [{ numeric: ['>', 4] }] }] }, true],
  ['$or with none that matches', { $or: [{ state: ['Stopped'] }, { count: [6] }] }, false],
  ['$or beside a field that differs', { $or: [{ state: ['Running'] }, { count: [6] }], ok: [false] }, false],
  ['operators as alternatives', { state: [{ prefix: 'Stop' }, { suffix: 'ing' }] }, true],
  ['a name of every object', { constructor: [{ exists: true }] }, false],
];

describe('an event pattern', () => {
  test.each(table)('%s', (_, detail, matches) => {
    expect(compilePattern({ detail }, 'rule')(event)).toBe(matches);
  });

  test('matches the envelope too', () => {
    const matches = compilePattern({ source: ['app'], 'detail-type': [{ prefix: 'Ch' }], resources: ['arn:b'] }, 'rule');
    expect(matches(event)).toBe(true);
    expect(matches({ ...event, source: 'other' })).toBe(false);
  });

  test.each([
    ['an unknown operator', { a: [{ regex: '.*' }] }, /operator 'regex' is not known here/],
    ['two operators in one object', { a: [{ prefix: 'a', suffix: 'b' }] }, /operator 'prefix, suffix' is not known/],
    ['an empty array', { a: [] }, /'a' of an event pattern must have at least one value/],
    ['a value without an array', { a: 'x' }, /'a' of an event pattern must be an array or an object, got: "x"/],
    ['an empty pattern', {}, /'EventPattern' must be an object with at least one field/],
    ['a bad range', { a: [{ cidr: '10.0.0.0' }] }, /'cidr' needs a range/],
    ['a bad comparison', { a: [{ numeric: ['~', 1] }] }, /'numeric' needs/],
    ['two stars in a row', { a: [{ wildcard: 'a**' }] }, /'wildcard' needs no '\*\*'/],
    ['anything-but exists', { a: [{ 'anything-but': { exists: true } }] }, /'anything-but' needs/],
    ['$or without patterns', { $or: [] }, /'\$or' of an event pattern must be an array of patterns/],
  ])('fails on %s', (_, pattern, message) => {
    expect(() => compilePattern(pattern, 'Stack/Rule')).toThrow(message);
    expect(() => compilePattern(pattern, 'Stack/Rule')).toThrow(/^Stack\/Rule/);
  });
});
