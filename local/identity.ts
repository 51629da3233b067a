import { createHash } from 'node:crypto';

/**
 * The access key id that a function signs with. Each function has one of its own, so that whoever answers a signed request knows
 * the caller; the secret key may be anything, since signatures aren't checked.
 */
export function accessKeyId(functionArn: string): string {
  // 20 characters, the length of a real id: tools that check the length take it.
  return `LOCAL${createHash('sha256').update(functionArn).digest('hex').slice(0, 15).toUpperCase()}`;
}
