/** Function that holds connections to a database server. */
export interface ConnectionUser {
  /** Id of the function, for the message. */
  readonly name: string;
  /** Execution environments that the function may have at once. */
  readonly concurrency: number;
  /** Connections of one environment to one server. */
  readonly poolSize: number;
}

/** Connections that PostgreSQL keeps for superusers (3 by default) and that RDS itself uses to watch the server. */
export const RESERVED_CONNECTIONS = 10;

/**
 * Checks that the servers accept the full pools of all environments at once.
 *
 * @returns undefined if they do; otherwise one sentence with the sum, its parts and the fix.
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
