import { shown } from './error-text';
import { CacheError } from './errors';

/**
 * JSON text of an entry's value; undefined for an absent one.
 *
 * @throws {CacheError} `E_UNSTORABLE_VALUE` for a cycle, a BigInt, a function, or whatever else JSON can't say.
 */
export function valueText(
  { entryName, key }: { readonly entryName: string; readonly key: string },
  value: unknown,
): string | undefined {
  if (value === undefined) return undefined;
  let problem = `it is a ${typeof value}`;
  let cause: unknown;
  try {
    const text: string | undefined = JSON.stringify(value);
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

/**
 * Freezes a value that several readers share, and all that it contains; arrays of bytes, which can't be frozen, stay as they are.
 */
export function freezeDeeply<T>(value: T, depth = 0): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return value;
  Object.freeze(value);
  if (depth < MAX_DEPTH) for (const each of Object.values(value)) freezeDeeply(each, depth + 1);
  return value;
}
