import type { Serializer } from './codecs/codec';
import { shown } from './error-text';
import { CacheError } from './errors';

/**
 * Text of an entry's value; undefined for an absent one.
 *
 * @throws {CacheError} `E_UNSTORABLE_VALUE` for what can't be written: a cycle, a BigInt, a Map, NaN, or whatever else JSON can't
 * say, or what the serializer refuses.
 */
export function valueText(
  { entryName, key }: { readonly entryName: string; readonly key: string },
  value: unknown,
  serializer: Serializer,
): string | undefined {
  if (value === undefined) return undefined;
  try {
    const text: string = serializer.stringify(value);
    // After it, because it fails where there is a cycle.
    if (serializer === JSON) checkJson(value, '');
    return text;
  } catch (cause) {
    const problem = String((cause as Error)?.message ?? cause).split('\n')[0];
    const message = `the value of '${shown(entryName)}' can't be written as JSON: ${problem}`;
    throw new CacheError('E_UNSTORABLE_VALUE', message, { key, cause });
  }
}

/**
 * Checks that JSON says a value: it leaves out functions, and makes null of NaN, a hole and an invalid Date, and `{}` of a Map.
 *
 * @throws {TypeError} that names the place.
 */
function checkJson(value: unknown, path: string): void {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isFinite(value)) return;
  const kind = Object.prototype.toString.call(value).slice(8, -1);
  const said: unknown = (value as Date | undefined)?.toJSON?.();
  if (said !== undefined && (said !== null || kind !== 'Date')) checkJson(said, path);
  // Objects of a class are what their own properties are; what has its content elsewhere would lose it.
  else if (kind === 'Object') {
    for (const [name, each] of Object.entries(value as object)) if (each !== undefined) checkJson(each, `${path}.${name}`);
  } else if (kind === 'Array') for (const [i, each] of (value as unknown[]).entries()) checkJson(each, `${path}.${i}`);
  else throw new TypeError(`${path.slice(1) || 'it'} is ${/^[ND]/.test(kind) ? value : `a ${kind}`}`);
}

/** Depth up to which values are copied and frozen: deeper than anything sensible, and far from the end of the stack. */
const MAX_DEPTH = 500;

/** Copy of a value that JSON text was parsed to. */
export function copyOf<T>(value: T, depth = 0): T {
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return JSON.parse(JSON.stringify(value)) as T;
  if (Array.isArray(value)) return value.map((each) => copyOf(each, depth + 1)) as T;
  // All properties at once, those with special names too; then those that are values of their own.
  const copy = { ...value };
  for (const name of Object.keys(copy) as (keyof T)[]) {
    const each = copy[name];
    if (typeof each === 'object') copy[name] = copyOf(each, depth + 1);
  }
  return copy;
}

/** Character of a text that takes two bytes, as then do all of them. */
const WIDE = /[^\0-\xff]/;

/**
 * Bytes of heap, about, of what JSON text was parsed to, on 64 bits.
 *
 * @param freeze true to freeze it, with all that it contains, for several readers.
 */
export function heapBytes(value: unknown, freeze: boolean): number {
  let bytes = 0;
  // Not a recursion: what lies deeper than the stack is weighed, and frozen, too.
  const objects: object[] = [];
  const add = (each: unknown, boxed: boolean) => {
    bytes += 8;
    if (typeof each === 'object' && each) objects.push(freeze ? Object.freeze(each) : each);
    else if (typeof each === 'string') bytes += 24 + each.length * (WIDE.test(each) ? 2 : 1);
    // A number that is no small integer is an object of its own, but in an array of such that isn't frozen.
    else if (boxed && typeof each === 'number' && each !== (each | 0)) bytes += 16;
  };
  add(value, true);
  for (const each of objects) {
    const values = Object.values(each);
    const list = Array.isArray(each);
    // An object without properties has room for four.
    bytes += list ? 40 : values.length > 0 ? 24 : 56;
    for (const one of values) add(one, !list || Object.isFrozen(each));
  }
  return bytes;
}
