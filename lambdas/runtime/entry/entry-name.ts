import { createHash } from 'node:crypto';
import { got } from '../error-text';
import { invalid } from '../errors';

/** Length of a key beyond which it is hashed, in characters. */
const MAX_KEY = 256;

/**
 * Keys that a name contains as they are: printable ASCII without braces, which a cluster reads as the mark of a slot. `~` begins
 * a hash, so that no key can look like another one's.
 */
const PLAIN = /^[!-z|][!-z|~]*$/;

/**
 * Name of an entry within the cache's keys. Any text is a key; one that is long, or has blanks, braces or anything beyond ASCII,
 * is known by its hash.
 *
 * @throws {CacheError} `E_INVALID_ARGUMENT` where the key isn't a text, or is empty.
 */
export function entryName(prefix: string, key: unknown): string {
  if (typeof key !== 'string' || key === '') {
    throw invalid(`a key must be a text that isn't empty, got: ${got(key)}`);
  }
  if (key.length <= MAX_KEY && PLAIN.test(key)) return prefix + key;
  // Bytes of UTF-16, so that a lone surrogate is a key of its own.
  return `${prefix}~${createHash('sha256').update(Buffer.from(key, 'utf16le')).digest('base64url')}`;
}
