import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { escapeIdentifier, escapeLiteral, type PoolClient } from 'pg';

/** A role that functions log in with. */
export interface Role {
  readonly username: string;
  readonly password: string;
}

/** PostgreSQL's own number of iterations (`scram_iterations`). */
const ITERATIONS = 4096;

/** Creates the role, or gives it its password of today. */
export async function setRole(client: PoolClient, { username, password }: Role): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [username]);
  const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
  // A utility statement takes no parameters. Its text is kept by pg_stat_statements and by the server's log, so it has the
  // verifier.
  const verifier = scramVerifier(password, randomBytes(16));
  await client.query(`${verb} ROLE ${escapeIdentifier(username)} LOGIN PASSWORD ${escapeLiteral(verifier)}`);
}

/**
 * Verifier that PostgreSQL stores of a password: enough to check it, not enough to log in.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5802
 */
export function scramVerifier(password: string, salt: Buffer): string {
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, ITERATIONS, 32, 'sha256');
  const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64');
  const serverKey = hmac(salted, 'Server Key').toString('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
