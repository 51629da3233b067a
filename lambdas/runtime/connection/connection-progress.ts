import type { Redis } from 'ioredis';
import { slotOf } from '../shared/hash-slot';
import type { Progress } from './budget';

/** Bytes that a connection has moved. */
interface Moved {
  read: number;
  written: number;
  /** True where the system takes no more at the moment: what is gone later was taken by the server. */
  backlog: boolean;
  at: number | undefined;
}

/**
 * Progress of a cluster's connections: a server that sends anything works, and so does one that takes what was held back.
 * A server that hangs lets the system take what fits into its buffers, and no more.
 *
 * @param connections all connections.
 * @param ofSlot connection to the master of a slot.
 */
export function connectionProgress(connections: () => readonly Redis[], ofSlot: (slot: number) => Redis | undefined): Progress {
  const movements = new WeakMap<Redis, Moved>();
  return {
    observe(now) {
      for (const connection of connections()) {
        const { bytesRead = 0, bytesWritten = 0, writableLength = 0 } = connection.stream ?? {};
        const before = movements.get(connection);
        const moved = { read: bytesRead, written: bytesWritten - writableLength, backlog: writableLength > 0, at: before?.at };
        if (before && (moved.read !== before.read || (before.backlog && moved.written !== before.written))) moved.at = now;
        movements.set(connection, moved);
      }
    },

    lastAt({ key }) {
      const connection = key && ofSlot(slotOf(key));
      return connection ? movements.get(connection)?.at : undefined;
    },
  };
}
