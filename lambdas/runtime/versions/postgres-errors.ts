import type { Pool } from 'pg';
import type { Version } from './version';

/**
 * True for an error of the connection: SQLSTATE classes 08 (connection) and 57P (shutdown), Node's socket errors, and pg's own
 * sentences about a lost connection.
 */
export function isConnectionError(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  if (code && /^(08|57P0|E(CONN|PIPE|TIMEDOUT|HOST|NET|NOTFOUND|AI_AGAIN))/.test(code)) return true;
  return /connection (terminated|timeout)|query read timeout|timeout exceeded when trying to connect|terminating connection/i.test(
    message ?? '',
  );
}

/** True for the error of a server that didn't answer in time, to a query or to a connection; not for a wait in a pool's queue. */
export function isTimeout(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  return code === 'ETIMEDOUT' || /connection timeout|query read timeout/i.test(message ?? '');
}

/** True for the error of a query that a standby canceled because it stood in the way of replay. */
export function isRecoveryConflict(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  return code === '40001' || (code === '40P01' && /recovery/.test(message ?? ''));
}

/** Error of a replica that isn't far enough, or doesn't answer in time; another server is asked. */
export class ReplicaUnfit extends Error {}

/** Error of a replica that answers, but hasn't replayed enough. */
export class ReplicaBehind extends ReplicaUnfit {
  constructor(
    readonly pool: Pool,
    readonly version: Version,
    needed: Version,
  ) {
    super(`has replayed ${version}, needed ${needed}`);
  }
}
