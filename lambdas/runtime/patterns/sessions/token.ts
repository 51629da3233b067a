import { createHash, randomBytes } from 'node:crypto';

/** Secret of a session as whoever holds it has it, and where the session is. */
export interface SessionToken {
  /** Hash of the user's id, of 128 bits: it names the key, and tells nothing but which tokens are of one user. */
  readonly user: string;
  /** Hash of the secret, of 256 bits: it names the session, and can't be used in place of the secret. */
  readonly id: string;
}

/** Text of a token: the user's hash and the secret, in base64url. */
const TOKEN = /^([\w-]{22})\.([\w-]{43})$/;

/** SHA-256 of a text. Bytes of UTF-16, so that a lone surrogate is a character of its own. */
const hash = (text: string): Buffer => createHash('sha256').update(Buffer.from(text, 'utf16le')).digest();

/** Hash of a user's id. */
export const userHash = (userId: string): string => hash(userId).subarray(0, 16).toString('base64url');

/** A secret of 256 random bits, and what is known of it. */
export function createToken(user: string): SessionToken & { readonly token: string } {
  const secret = randomBytes(32).toString('base64url');
  return { user, id: hash(secret).toString('base64url'), token: `${user}.${secret}` };
}

/** Parts of a token; undefined where it isn't one. */
export function parseToken(token: unknown): SessionToken | undefined {
  const [, user, secret] = (typeof token === 'string' && TOKEN.exec(token)) || [];
  return user && secret ? { user, id: hash(secret).toString('base64url') } : undefined;
}
