import type { Cluster, Redis } from 'ioredis';
import { SLOTS } from './hash-slot';

type Reply = (error?: Error | null, slots?: unknown) => void;

/**
 * Lets a client of clusters use a server without cluster mode, which is found by asking: it is the master of every slot, with
 * the replicas that it names. Where its endpoint follows a failover, a new connection reaches the new primary.
 *
 * @param failed called with the reason for which a server couldn't be asked, as the connection or the server gives it.
 */
export function acceptAnyServer(client: Cluster, failed: (error: Error) => void): void {
  client.on('+node', (node: Redis) => {
    const { duplicate } = node;
    // ioredis asks for the table of slots on a duplicate of a connection.
    node.duplicate = (...options) => {
      const asked = duplicate.apply(node, options);
      asked.on('error', failed);
      const cluster = asked.cluster as unknown as (command: string, reply: Reply) => unknown;
      const slotsOrRole = (command: string, reply: Reply) =>
        cluster.call(asked, command, (error, slots) => {
          if (!/cluster support disabled/.test(error?.message ?? '')) return reply(error, slots);
          const use = ([role, , replicas]: unknown[]) => {
            if (role === 'slave') return reply(new Error("READONLY 'endpoint' leads to a replica"));
            // A server without cluster mode knows nothing of the state of one.
            client.options.enableReadyCheck = false;
            const { host, port } = asked.options;
            reply(null, [[0, SLOTS - 1, [host, port], ...((replicas as [string, string][]) ?? [])]]);
          };
          // A user that may not ask for the role has no replicas to wait for.
          asked.role().then(use, () => use([]));
        });
      asked.cluster = slotsOrRole as unknown as typeof asked.cluster;
      return asked;
    };
  });
}
