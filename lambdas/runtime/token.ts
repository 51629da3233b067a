import { randomBytes } from 'node:crypto';

const POOL_BYTES = 12 * 256;
let pool = Buffer.alloc(0);
let used = 0;

/** 16 characters with 96 random bits: a lease's name, or a tag's mark. Never used twice, so equality is all that is asked of it. */
export function newToken(): string {
  if (used >= pool.length) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  used += 12;
  return pool.toString('base64url', used - 12, used);
}
