import { tagProblem } from '../../lib/route';
import { got } from './error-text';
import { invalid } from './errors';
import { isVersion, type Version } from './versions/version';

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

/** Checks a tag. @throws {CacheError} `E_INVALID_ARGUMENT` where it isn't valid in every tier. */
export function checkTag(tag: unknown): void {
  const problem = tagProblem(tag);
  if (problem) throw invalid(problem);
}

/** Checks a version. @throws {CacheError} `E_INVALID_ARGUMENT` where it is given and isn't one. */
export function checkVersion<T extends Version | undefined>(version: T): T {
  if (version === undefined || isVersion(version)) return version;
  throw invalid(`'version' must be 24 upper case hex digits, as the source gives it, got: ${got(version)}`);
}
