/** One function that holds connections to a database server. */
export interface ConnectionUser {
  /** Id of the function, for the message. */
  readonly name: string;
  /** How many environments it may have at once. */
  readonly concurrency: number;
  /** Connections of one environment to one server. */
  readonly poolSize: number;
}

/** Connections that PostgreSQL keeps for superusers (3 by default) and that RDS itself uses to watch the server. */
export const RESERVED_CONNECTIONS = 10;

/**
 * Tells whether every environment can have its whole pool at once.
 *
 * @returns undefined where it can; otherwise one sentence with the sum, its parts and what to change.
 */
export function connectionBudgetProblem(users: readonly ConnectionUser[], maxConnections: number): string | undefined {
  const needed = users.reduce((sum, user) => sum + user.concurrency * user.poolSize, 0);
  const available = maxConnections - RESERVED_CONNECTIONS;
  if (needed <= available) return undefined;
  const parts = users.map((user) => `${user.name} ${user.concurrency} x ${user.poolSize}`).join(', ');
  return (
    `concurrency x pool size must be at most 'maxConnections' less ${RESERVED_CONNECTIONS} (${available}), got: ${needed} (${parts}); ` +
    'lower a concurrency or pool size, or raise the maximum with an instance that has the memory for it'
  );
}
