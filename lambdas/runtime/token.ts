import { randomBytes } from 'node:crypto';

/**
 * Token of 16 characters with 96 random bits: the name of a lease, or the mark of a tag. Never used twice, and compared for
 * equality only.
 */
export function newToken(): string {
  return randomBytes(12).toString('base64url');
}
