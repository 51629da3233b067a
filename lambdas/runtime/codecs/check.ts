import { CacheError } from '../errors';
import { got } from '../value-text';

/** @throws {CacheError} `E_INVALID_ARGUMENT` that names the option, its range and the value. */
export function checkNumber(name: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new CacheError('E_INVALID_ARGUMENT', `'${name}' must be a number from ${least} to ${most}, got: ${got(value)}`);
}
