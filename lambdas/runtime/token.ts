import { randomBytes } from 'node:crypto';

const POOL_BYTES = 12 * 256;
let pool = Buffer.alloc(0);
let used = 0;

/**
 * Token of 16 characters with 96 random bits: the name of a lease, or the mark of a tag. Never used twice, and compared for
 * equality only.
 */
export function newToken(): string {
  if (used >= pool.length) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  used += 12;
  return pool.toString('base64url', used - 12, used);
}
