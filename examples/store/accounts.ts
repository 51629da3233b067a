import { scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { connectionFromEnvironment, type Handle, Problem } from 'cachement/functions';
import { RateLimiter } from 'cachement/patterns/rate-limit';
import { Sessions } from 'cachement/patterns/sessions';

/** What a session has. */
export interface Account {
  readonly name: string;
}

/** Sessions of customers, and how often somebody may try a password. */
export function accountsOf() {
  const connection = connectionFromEnvironment('state');
  return {
    sessions: new Sessions<Account>({ connection, name: 'web' }),
    attempts: new RateLimiter({
      connection,
      name: 'login',
      algorithm: 'sliding-log',
      limit: 10,
      windowSeconds: 60,
      onUnavailable: 'deny',
    }),
  };
}

const scryptOf = promisify(scrypt) as (password: string, salt: string, length: number) => Promise<Buffer>;

/** @returns the customer; undefined of a wrong password, and as late of somebody who isn't there. */
export async function customerOf(database: Handle, email: string, password: string) {
  const { rows } = await database.query<{ id: number; name: string; salt: string; password: string }>(
    'SELECT id, name, salt, password FROM users WHERE email = $1',
    [email],
  );
  const { id, name, salt, password: expected } = rows[0] ?? { id: 0, name: '', salt: 'nobody', password: '00'.repeat(32) };
  const isRight = timingSafeEqual(await scryptOf(password, salt, 32), Buffer.from(expected, 'hex'));
  return isRight ? { id: String(id), name } : undefined;
}

/** Email and password of a body. */
export function credentialsOf({ email, password }: Record<string, unknown>): { email: string; password: string } {
  if (typeof email !== 'string' || typeof password !== 'string' || email.length > 200 || password.length > 200) {
    throw new Problem(400, "'email' and 'password' must be texts of at most 200 characters");
  }
  return { email: email.trim().toLowerCase(), password };
}
