import { tagProblem } from '../../lib/route';
import { got } from './error-text';
import { invalid } from './errors';
import { VERSION, type Version } from './versions/version';

/**
 * Checks an argument.
 *
 * @param where begin of the message.
 * @throws {CacheError} `E_INVALID_ARGUMENT` that names the argument, the rule and the value, where it doesn't hold.
 */
export function mustBe(holds: boolean, name: string, rule: string, value: unknown, where = ''): asserts holds {
  if (!holds) throw invalid(`${where}'${name}' must be ${rule}, got: ${got(value)}`);
}

/**
 * Checks an option that is a number.
 *
 * @param where begin of the message.
 * @throws {CacheError} `E_INVALID_ARGUMENT` that names the option, its range and the value.
 */
export function checkNumber(name: string, value: unknown, least: number, most = 2 ** 53, where = ''): number {
  mustBe(typeof value === 'number' && value >= least && value <= most, name, `a number from ${least} to ${most}`, value, where);
  return value as number;
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
    mustBe(Number.isSafeInteger(value) && value >= least, name, `a whole number of at least ${least}`, value);
    numbers[name] = value;
  }
  return numbers as D;
}

/** Checks an option that is a text. @throws {CacheError} `E_INVALID_ARGUMENT` that names the option, the rule and the value. */
export function checkText(name: string, value: unknown, pattern: RegExp, rule: string): void {
  mustBe(typeof value === 'string' && pattern.test(value), name, rule, value);
}

/** Checks an option that is one of some words. @throws {CacheError} `E_INVALID_ARGUMENT` that names them, and the value. */
export function checkOneOf(name: string, value: unknown, words: readonly string[]): void {
  mustBe(words.includes(value as string), name, `one of ${words.join(', ')}`, value);
}

/** Checks tags. @throws {CacheError} `E_INVALID_ARGUMENT` where one isn't valid in every tier. */
export function checkTags(tags: readonly unknown[] = []): void {
  for (const tag of tags) {
    const problem = tagProblem(tag);
    if (problem) throw invalid(problem);
  }
}

/** Checks a version. @throws {CacheError} `E_INVALID_ARGUMENT` where it is given and isn't one. */
export function checkVersion<T extends Version | undefined>(version: T): T {
  if (version !== undefined) checkText('version', version, VERSION, '24 upper case hex digits');
  return version;
}
