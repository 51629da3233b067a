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

/** Freezes what JSON text was parsed to, which several readers share, and all that it contains. */
export function freezeDeeply<T>(value: T): T {
  // Not a recursion: what lies deeper than the stack is frozen, too.
  const frozen: object[] = [];
  const freeze = (each: unknown) => {
    if (typeof each === 'object' && each) frozen.push(Object.freeze(each));
  };
  freeze(value);
  for (const each of frozen) Object.values(each).forEach(freeze);
  return value;
}
