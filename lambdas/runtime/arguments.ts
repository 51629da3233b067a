import { tagProblem } from '../../lib/route';
import { got } from './error-text';
import { invalid } from './errors';
import { VERSION, type Version } from './versions/version';

/**
 * Checks an option that is a number.
 *
 * @param where begin of the message.
 * @throws {CacheError} `E_INVALID_ARGUMENT` that names the option, its range and the value.
 */
export function checkNumber(name: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER, where = ''): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw invalid(`${where}'${name}' must be a number from ${least} to ${most}, got: ${got(value)}`);
}

/**
 * Options that are whole numbers, each with its default where it isn't given.
 *
 * @param zero names of those that may be 0; the others are at least 1.
 * @throws {CacheError} `E_INVALID_ARGUMENT` that names the option, the rule and the value.
 */
export function wholeNumbers<D extends Record<string, number>>(
  defaults: D,
  given: { readonly [name in keyof D]?: unknown } | object | undefined,
  zero: readonly (keyof D)[] = [],
): D {
  const numbers: Record<string, number> = {};
  for (const [name, byDefault] of Object.entries(defaults)) {
    const { [name]: value = byDefault } = (given ?? {}) as Record<string, number>;
    const least = zero.includes(name) ? 0 : 1;
    if (!Number.isSafeInteger(value) || value < least) {
      throw invalid(`'${name}' must be a whole number of at least ${least}, got: ${got(value)}`);
    }
    numbers[name] = value;
  }
  return numbers as D;
}

/** Checks an option that is a text. @throws {CacheError} `E_INVALID_ARGUMENT` that names the option, the rule and the value. */
export function checkText(name: string, value: unknown, pattern: RegExp, rule: string): void {
  if (typeof value !== 'string' || !pattern.test(value)) throw invalid(`'${name}' must be ${rule}, got: ${got(value)}`);
}

/** Checks a tag. @throws {CacheError} `E_INVALID_ARGUMENT` where it isn't valid in every tier. */
export function checkTag(tag: unknown): void {
  const problem = tagProblem(tag);
  if (problem) throw invalid(problem);
}

/** Checks a version. @throws {CacheError} `E_INVALID_ARGUMENT` where it is given and isn't one. */
export function checkVersion<T extends Version | undefined>(version: T): T {
  if (version !== undefined) checkText('version', version, VERSION, '24 upper case hex digits, as the source gives it');
  return version;
}
