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
  serializer?: Serializer,
): string | undefined {
  if (value === undefined) return undefined;
  let cause: unknown;
  let problem = `it is a ${typeof value}`;
  try {
    const text: string | undefined = (serializer ?? JSON).stringify(value);
    // After it, because it fails where there is a cycle.
    if (!serializer) checkJson(value, '');
    if (text !== undefined) return text;
  } catch (error) {
    cause = error;
    problem = String((error as Error)?.message ?? error).split('\n')[0] as string;
  }
  throw new CacheError('E_UNSTORABLE_VALUE', `the value of '${shown(entryName)}' can't be written as JSON: ${problem}`, {
    key,
    cause,
  });
}

/**
 * Checks that JSON says a value: it leaves out functions, and makes null of NaN, a hole and an invalid Date, and `{}` of a Map.
 *
 * @throws {TypeError} that names the place.
 */
function checkJson(value: unknown, path: string): void {
  const fail = (kind: string): never => {
    throw new TypeError(`${path === '' ? 'it' : `'${path.slice(1)}'`} is ${kind}`);
  };
  if (typeof value === 'object' && value !== null) {
    const kind = Object.prototype.toString.call(value).slice(8, -1);
    if (kind === 'Array') for (const [i, each] of (value as unknown[]).entries()) checkJson(each, `${path}.${i}`);
    else if (typeof (value as Date).toJSON === 'function') {
      const said: unknown = (value as Date).toJSON();
      if (said === null && kind === 'Date') fail('an invalid Date');
      checkJson(said, path);
    }
    // Objects of a class are what their own properties are; what has its content elsewhere would lose it.
    else if (kind !== 'Object') fail(`a ${kind}`);
    else for (const [name, each] of Object.entries(value)) if (each !== undefined) checkJson(each, `${path}.${name}`);
  } else if (
    typeof value === 'number'
      ? !Number.isFinite(value)
      : value !== null && typeof value !== 'string' && typeof value !== 'boolean'
  ) {
    fail(typeof value === 'number' ? String(value) : `a ${typeof value}`);
  }
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

/** Freezes what JSON text was parsed to, which several readers share, and all that it contains. */
export function freezeDeeply<T>(value: T): T {
  // Not a recursion: what lies deeper than the stack is frozen, too.
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const each = rest.pop();
    if (typeof each !== 'object' || each === null) continue;
    Object.freeze(each);
    for (const inner of Object.values(each)) if (typeof inner === 'object') rest.push(inner);
  }
  return value;
}
