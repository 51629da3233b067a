import { BlockList, isIP } from 'node:net';

import { own } from '../own';

/** Test of an event. */
export type Matcher = (event: unknown) => boolean;

/** A test of one value of the event; `undefined` where the event has no such field. */
type Leaf = (value: unknown) => boolean;

/**
 * Compiles an event pattern of a rule.
 * @param where names the rule in errors.
 * @throws an Error on what EventBridge refuses, and on an operator that isn't known here.
 */
export function compilePattern(pattern: unknown, where: string): Matcher {
  if (!isObject(pattern) || Object.keys(pattern).length === 0) {
    throw new Error(`${where}: 'EventPattern' must be an object with at least one field, got: ${JSON.stringify(pattern)}`);
  }
  return compileObject(pattern, where);
}

function compileObject(pattern: Record<string, unknown>, where: string): Matcher {
  const fields = Object.entries(pattern).map(([name, value]): Matcher => {
    if (name === '$or') return compileOr(value, where);
    const at = `${where}: '${name}'`;
    if (Array.isArray(value)) {
      const leaf = compileLeaf(value, at);
      return (event) => leaf(fieldOf(event, name));
    }
    if (!isObject(value))
      throw new Error(`${at} of an event pattern must be an array or an object, got: ${JSON.stringify(value)}`);
    const inner = compileObject(value, at);
    return (event) => {
      const field = fieldOf(event, name);
      // Of an array of objects, one that matches is enough.
      return Array.isArray(field) && field.length > 0 ? field.some(inner) : inner(field);
    };
  });
  return (event) => fields.every((field) => field(event));
}

function compileOr(alternatives: unknown, where: string): Matcher {
  if (!Array.isArray(alternatives) || alternatives.length === 0 || !alternatives.every(isObject)) {
    throw new Error(`${where}: '$or' of an event pattern must be an array of patterns, got: ${JSON.stringify(alternatives)}`);
  }
  const matchers = alternatives.map((alternative) => compileObject(alternative as Record<string, unknown>, where));
  return (event) => matchers.some((matches) => matches(event));
}

/** Values of an array are alternatives; of an array in the event, one value that matches is enough. */
function compileLeaf(alternatives: unknown[], where: string): Leaf {
  if (alternatives.length === 0) throw new Error(`${where} of an event pattern must have at least one value, got: []`);
  const leaves = alternatives.map((alternative) => compileValue(alternative, where));
  return (value) => {
    const values = Array.isArray(value) ? (value.length === 0 ? [undefined] : value.flat(Infinity)) : [value];
    return values.some((one) => leaves.some((leaf) => leaf(one)));
  };
}

function compileValue(wanted: unknown, where: string): Leaf {
  if (!isObject(wanted)) {
    if (Array.isArray(wanted)) throw new Error(`${where} of an event pattern must not have an array in an array`);
    return (value) => value === wanted;
  }
  const [[name, value] = ['', undefined], ...others] = Object.entries(wanted);
  const operator = own(OPERATORS, name);
  if (!operator || others.length > 0) {
    throw new Error(
      `${where}: operator '${Object.keys(wanted).join(', ')}' is not known here; use one of ${Object.keys(OPERATORS).join(', ')}`,
    );
  }
  return operator(value, where);
}

const OPERATORS: Readonly<Record<string, (wanted: unknown, where: string) => Leaf>> = {
  prefix: (wanted, where) => affix(wanted, where, 'prefix', (value, text) => value.startsWith(text)),
  suffix: (wanted, where) => affix(wanted, where, 'suffix', (value, text) => value.endsWith(text)),
  'equals-ignore-case': (wanted, where) => {
    const lower = text(wanted, where, 'equals-ignore-case').toLowerCase();
    return string((value) => value.toLowerCase() === lower);
  },
  wildcard: (wanted, where) => {
    const expression = wildcard(text(wanted, where, 'wildcard'), where);
    return string((value) => expression.test(value));
  },
  exists: (wanted, where) => {
    if (typeof wanted !== 'boolean') throw wrong(where, 'exists', 'true or false', wanted);
    // An object isn't a value: only leaves exist.
    return (value) => (value !== undefined && !isObject(value)) === wanted;
  },
  numeric: compileNumeric,
  cidr: compileCidr,
  'anything-but': compileAnythingBut,
};

function affix(wanted: unknown, where: string, name: string, matches: (value: string, text: string) => boolean): Leaf {
  if (isObject(wanted) && Object.keys(wanted).join() === 'equals-ignore-case') {
    const lower = text(wanted['equals-ignore-case'], where, name).toLowerCase();
    return string((value) => matches(value.toLowerCase(), lower));
  }
  const exact = text(wanted, where, name);
  return string((value) => matches(value, exact));
}

/**
 * A value, a list of them, or of one of these operators with a text or a list of texts; true of any other value that is there.
 */
function compileAnythingBut(wanted: unknown, where: string): Leaf {
  let leaves: Leaf[];
  if (isObject(wanted)) {
    const [name, texts] = Object.entries(wanted)[0] ?? ['', undefined];
    const operator = own(OPERATORS, name);
    if (!operator || !['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].includes(name) || Object.keys(wanted).length > 1) {
      throw wrong(where, 'anything-but', 'values, or one of prefix, suffix, equals-ignore-case, wildcard', wanted);
    }
    leaves = list(texts).map((one) => operator(one, where));
  } else {
    leaves = list(wanted).map((one) => compileValue(one, where));
  }
  if (leaves.length === 0) throw wrong(where, 'anything-but', 'at least one value', wanted);
  return (value) => value !== undefined && !isObject(value) && !leaves.some((leaf) => leaf(value));
}

const COMPARISONS: Readonly<Record<string, (value: number, wanted: number) => boolean>> = {
  '=': (value, wanted) => value === wanted,
  '<': (value, wanted) => value < wanted,
  '<=': (value, wanted) => value <= wanted,
  '>': (value, wanted) => value > wanted,
  '>=': (value, wanted) => value >= wanted,
};

/** One or two comparisons, such as `['>', 0, '<=', 5]`. */
function compileNumeric(wanted: unknown, where: string): Leaf {
  if (!Array.isArray(wanted) || (wanted.length !== 2 && wanted.length !== 4)) {
    throw wrong(where, 'numeric', 'one or two comparisons', wanted);
  }
  const comparisons: ((value: number) => boolean)[] = [];
  for (let i = 0; i < wanted.length; i += 2) {
    const compare = own(COMPARISONS, String(wanted[i]));
    const limit = wanted[i + 1];
    if (!compare || typeof limit !== 'number')
      throw wrong(where, 'numeric', `${Object.keys(COMPARISONS).join(' ')} and a number`, wanted);
    comparisons.push((value) => compare(value, limit));
  }
  return (value) => typeof value === 'number' && comparisons.every((holds) => holds(value));
}

function compileCidr(wanted: unknown, where: string): Leaf {
  const [address, bits] = text(wanted, where, 'cidr').split('/') as [string, string | undefined];
  const version = isIP(address);
  if (version === 0 || bits === undefined || Number(bits) > (version === 4 ? 32 : 128))
    throw wrong(where, 'cidr', 'a range', wanted);
  const range = new BlockList();
  range.addSubnet(address, Number(bits), version === 4 ? 'ipv4' : 'ipv6');
  return string((value) => isIP(value) === version && range.check(value, version === 4 ? 'ipv4' : 'ipv6'));
}

/** `*` is any text; a backslash before `*` or a backslash takes it as itself. Two `*` in a row are refused by EventBridge. */
function wildcard(pattern: string, where: string): RegExp {
  if (/(^|[^\\])\*\*/.test(pattern)) throw wrong(where, 'wildcard', "no '**'", pattern);
  const source = pattern.replace(/\\([*\\])|(\*)|([.+?^${}()|[\]\\])/g, (_, escaped, star, special) =>
    star ? '.*' : `\\${escaped ?? special}`,
  );
  return new RegExp(`^${source}$`, 's');
}

function string(matches: (value: string) => boolean): Leaf {
  return (value) => typeof value === 'string' && matches(value);
}

function text(wanted: unknown, where: string, operator: string): string {
  if (typeof wanted !== 'string') throw wrong(where, operator, 'a text', wanted);
  return wanted;
}

function wrong(where: string, operator: string, rule: string, got: unknown): Error {
  return new Error(`${where}: operator '${operator}' needs ${rule}, got: ${JSON.stringify(got)}`);
}

function fieldOf(event: unknown, name: string): unknown {
  return isObject(event) && Object.hasOwn(event, name) ? event[name] : undefined;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
