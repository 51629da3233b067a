import { BlockList, isIP } from 'node:net';
import { own } from '../own';
import { arnWildcard, wildcard } from './wildcard';

/** `Condition` of a statement: values by condition key, by operator. */
export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Values of the request by condition key; keys in lower case, since condition keys have no case. */
export type ConditionKeys = Readonly<Record<string, readonly string[] | undefined>>;

type Test = (value: string, wanted: string) => boolean;

const number =
  (compare: (a: number, b: number) => boolean): Test =>
  (value, wanted) =>
    compare(Number(value), Number(wanted));
const date =
  (compare: (a: number, b: number) => boolean): Test =>
  (value, wanted) =>
    compare(Date.parse(value), Date.parse(wanted));
const ignoreCase: Test = (value, wanted) => value.toLowerCase() === wanted.toLowerCase();

/** One line an operator: the test of one value against one wanted value. */
const OPERATORS: Readonly<Record<string, Test>> = {
  StringEquals: (value, wanted) => value === wanted,
  StringEqualsIgnoreCase: ignoreCase,
  StringLike: (value, wanted) => wildcard(wanted, value),
  // Since 2020 both ARN operators behave alike: wildcards, part by part.
  ArnEquals: (value, wanted) => arnWildcard(wanted, value),
  ArnLike: (value, wanted) => arnWildcard(wanted, value),
  Bool: ignoreCase,
  BinaryEquals: (value, wanted) => value === wanted,
  NumericEquals: number((a, b) => a === b),
  NumericLessThan: number((a, b) => a < b),
  NumericLessThanEquals: number((a, b) => a <= b),
  NumericGreaterThan: number((a, b) => a > b),
  NumericGreaterThanEquals: number((a, b) => a >= b),
  DateEquals: date((a, b) => a === b),
  DateLessThan: date((a, b) => a < b),
  DateLessThanEquals: date((a, b) => a <= b),
  DateGreaterThan: date((a, b) => a > b),
  DateGreaterThanEquals: date((a, b) => a >= b),
  IpAddress: inRange,
};

/** Operators that hold where {@link OPERATORS}' one of the second name doesn't. */
const NEGATED: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
};

interface Operator {
  readonly test: Test;
  readonly negated: boolean;
  readonly ifExists: boolean;
  readonly set?: 'ForAllValues' | 'ForAnyValue';
}

/** @throws an Error on an operator that isn't evaluated here: a condition that is passed over would grant what AWS doesn't. */
export function checkConditions(block: ConditionBlock, where: string): void {
  for (const name of Object.keys(block)) {
    if (name !== 'Null' && !operator(name)) {
      throw new Error(
        `${where}: condition operator '${name}' is not evaluated here; use one of ${Object.keys(OPERATORS).join(', ')}`,
      );
    }
  }
}

/** Conjunction of a statement's conditions. Values of one key are alternatives; keys and operators must all hold. */
export function conditionsHold(block: ConditionBlock, keys: ConditionKeys): boolean {
  return Object.entries(block).every(([name, wanted]) =>
    Object.entries(wanted).every(([key, values]) => {
      const actual = own(keys, key.toLowerCase());
      const list = (Array.isArray(values) ? values : [values]).map(String);
      if (name === 'Null') return list.some((value) => (value === 'true') === (actual === undefined));
      return holds(operator(name)!, actual, list);
    }),
  );
}

function holds({ test, negated, ifExists, set }: Operator, actual: readonly string[] | undefined, wanted: string[]): boolean {
  const one = (value: string) => wanted.some((candidate) => test(value, candidate)) !== negated;
  if (set === 'ForAllValues') return (actual ?? []).every(one);
  // A key that the request doesn't have fails every operator but the negated ones.
  if (actual === undefined || actual.length === 0) return ifExists || (negated && set === undefined);
  return set === 'ForAnyValue' ? actual.some(one) : actual.every(one);
}

function operator(name: string): Operator | undefined {
  const match = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(name);
  if (!match) return undefined;
  const [, set, base, ifExists] = match as unknown as [string, Operator['set'], string, string | undefined];
  const positive = own(NEGATED, base);
  const test = own(OPERATORS, positive ?? base);
  return test && { test, negated: positive !== undefined, ifExists: ifExists !== undefined, ...(set && { set }) };
}

function inRange(address: string, range: string): boolean {
  const [network, bits] = range.split('/') as [string, string | undefined];
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(address) === 0 || (isIP(address) === 6 ? 'ipv6' : 'ipv4') !== family) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits ?? (family === 'ipv6' ? 128 : 32)), family);
  return list.check(address, family);
}
