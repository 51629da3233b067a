import { wholeNumbers } from '../arguments';
import type { RedisConnection } from '../connection/redis-connection';
import { readCommand, readScript, runScript, writeCommand } from '../connection/run-script';
import { ignored } from '../errors';
import { valueKey } from '../shared/redis-keys';
import type { ReplicaReads } from './replica-reads';

/** Options of {@link keyCopies}. */
export interface KeyCopiesOptions {
  /** Connection of the cache's store. */
  readonly connection: RedisConnection;
  /**
   * Copies of a hot entry, each in a slot of its own.
   * @default 4
   */
  readonly copies?: number;
  /**
   * Life of a copy, in milliseconds: for so long a purge that has returned may not be seen. `replicaLagMs` of `hotKeys()` must be
   * as long, so that a process sees its own.
   * @default 2000
   */
  readonly ttlMs?: number;
  /**
   * Random numbers from 0 to 1, which choose the copy; for tests.
   * @default Math.random
   */
  readonly random?: () => number;
}

/** Replies an entry, and when a copy of it must end: ARGV[1] ms from now, or with the entry. */
const ENTRY = readScript(`local c,k=redis.call,KEYS[1]
local entry,s=c('GET',k),c('TIME')
if not entry then return end
local ms,left=ARGV[1]+0,c('PTTL',k)
if left>=0 and left<ms then ms=left end
return {entry,string.format('%.0f',s[1]*1000+math.floor(s[2]/1000)+ms)}`);

/**
 * Reader of hot entries from copies in other slots, and so on other shards, for the option `replicas` of `hotKeys()`. A copy is
 * made by whoever misses it, and ends by itself: when an entry is no longer hot its copies are gone in `ttlMs`.
 *
 * @throws {CacheError} `E_INVALID_ARGUMENT` where an option isn't in its range.
 */
export function keyCopies(options: KeyCopiesOptions): ReplicaReads {
  const { connection, random = Math.random } = options;
  const { copies, ttlMs } = wholeNumbers({ copies: 4, ttlMs: 2000 }, options);
  return {
    get: async (entryName) => {
      const own = valueKey(connection.namespace, entryName);
      const number = Math.floor(random() * (copies + 1));
      if (number === 0) return readCommand(connection, own, (node) => node.get(own));
      const key = `${connection.namespace}:vc:{${number}:${entryName}}`;
      const copy = await readCommand(connection, key, (node) => node.get(key));
      if (copy !== null) return copy;
      const found = await runScript<[entry: string, ends: string] | null>(connection, ENTRY, [own], [ttlMs], { readOnly: true });
      if (!found) return null;
      const [entry, ends] = found;
      // Its end is a time: a process that stands still before this makes no copy of what was purged meanwhile.
      writeCommand(connection, key, (node) => node.set(key, entry, 'PXAT', ends)).catch(ignored);
      return entry;
    },
    // The connection is the store's.
    close: async () => {},
  };
}
