import { got } from '../error-text';
import { invalid } from '../errors';

/** Number of digits of a row's version: enough for 64 bits, and as long as a {@link Version}. */
const ROW_DIGITS = 24;
const MAX_ROW = 2n ** 64n;

/** Text of a row's version, as stores compare it. */
export function rowText(version: number | bigint | undefined, key: string, name = 'rowVersion'): string | undefined {
  if (version === undefined) return undefined;
  const whole = typeof version === 'bigint' ? version : Number.isSafeInteger(version) ? BigInt(version as number) : -1n;
  if (whole < 0n || whole >= MAX_ROW)
    throw invalid(`'${name}' must be a whole number from 0 to 2^64 - 1, got: ${got(version)}`, key);
  return whole.toString().padStart(ROW_DIGITS, '0');
}
