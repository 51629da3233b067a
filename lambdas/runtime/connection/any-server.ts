import type { Cluster, Redis } from 'ioredis';
import { ignored } from '../errors';
import { SLOTS } from '../shared/hash-slot';

type Reply = (error: unknown, slots?: unknown) => void;

/**
 * Makes a connection, on which a client of clusters asks for the table of slots, answer of a server without cluster mode as well:
 * that server is the master of every slot, with the replicas that it names. Where its endpoint follows a failover, the next
 * connection reaches the new primary.
 */
export function acceptAnyServer(connection: Redis, { options }: Cluster): Redis {
  const { host, port } = connection.options;
  const cluster = connection.cluster as unknown as (command: string, reply: Reply) => unknown;
  const slots = (command: string, reply: Reply) =>
    cluster.call(connection, command, async (error, table) => {
      if (!/cluster support/.test(`${error}`)) return reply(error, table);
      // A server without cluster mode doesn't know the state of one.
      options.enableReadyCheck = false;
      // A user who may not ask for the role has no replicas to wait for.
      const [role, , replicas = []] = ((await connection.role().catch(ignored)) ?? []) as [string?, number?, string[][]?];
      if (role === 'slave') reply(new Error('a replica'));
      else reply(null, [[0, SLOTS - 1, [host, port], ...replicas]]);
    });
  connection.cluster = slots as unknown as typeof connection.cluster;
  return connection;
}
