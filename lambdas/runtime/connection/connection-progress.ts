import type { Redis } from 'ioredis';
import { slotOf } from '../shared/hash-slot';
import type { Pending, Progress } from './budget';

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
 */
export class ConnectionProgress implements Progress {
  readonly #connections: () => readonly Redis[];
  readonly #ofSlot: (slot: number) => Redis | undefined;
  readonly #moved = new WeakMap<Redis, Moved>();

  /**
   * @param connections all connections.
   * @param ofSlot connection to the master of a slot.
   */
  constructor(connections: () => readonly Redis[], ofSlot: (slot: number) => Redis | undefined) {
    this.#connections = connections;
    this.#ofSlot = ofSlot;
  }

  observe(now: number): void {
    for (const connection of this.#connections()) {
      const { bytesRead = 0, bytesWritten = 0, writableLength = 0 } = connection.stream ?? {};
      const before = this.#moved.get(connection);
      const moved = { read: bytesRead, written: bytesWritten - writableLength, backlog: writableLength > 0, at: before?.at };
      if (before && (moved.read !== before.read || (before.backlog && moved.written !== before.written))) moved.at = now;
      this.#moved.set(connection, moved);
    }
  }

  lastAt({ key }: Pending): number | undefined {
    const connection = key && this.#ofSlot(slotOf(key));
    return connection ? this.#moved.get(connection)?.at : undefined;
  }
}
