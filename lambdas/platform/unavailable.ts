import { isConnectionError } from '../runtime/versions/postgres';

/**
 * True of a database that can't be reached, of a statement that took too long (57014), and of a full queue for the database; a
 * bug isn't.
 */
export function isUnavailable(error: unknown): boolean {
  const { code = '' } = (error ?? {}) as { readonly code?: string };
  return isConnectionError(error) || ['57014', 'E_FALLBACK_FULL'].includes(code);
}
