/** Names that somebody else may give to anything: of `Object.prototype`, of no valid Unicode, of no end. */
export const NAMES_FROM_OUTSIDE: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  '__proto__.polluted',
  'constructor.prototype.polluted',
  '',
  ' ',
  '.',
  '..',
  '/',
  '%',
  '%00',
  '\0',
  '\r\n',
  '\ud800',
  '\udfff\ud800',
  '\ufffe',
  '💥',
  '<a>&amp;]]>',
  '${jndi:ldap://x}',
  '1e309',
  '-1',
  'a'.repeat(65_536),
];

/** Fails where a name has reached `Object.prototype`. */
export function expectNothingPolluted(): void {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual([...CLEAN]);
}

const CLEAN = Object.getOwnPropertyNames(Object.prototype).sort();
