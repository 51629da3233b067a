import type { PoolClient } from 'pg';
import type { PurgeMode } from '../../../lib/contract/events';
import type { Version } from '../../runtime/versions/version';
import type { Bus } from '../bus';
import { type Database, transaction } from '../database';
import { afterCommit, versionOfCommit } from './after-commit';
import type { SharedTier } from './purge-path';
import { type CommittedPurge, gatherPurges } from './purge-requests';

/** Writer of rows that caches show: what it changes is purged from every tier, within seconds of the commit. */
export interface Writer {
  /**
   * Runs `work` in one transaction on the primary, and commits it where it returns; {@link afterCommit} follows for each purge
   * that `requestPurge` asked for in it. A commit is never repeated, because it may have happened.
   *
   * @returns what `work` returns.
   * @throws whatever `work` throws; the transaction is rolled back then, and its purges with it.
   */
  transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T>;

  /**
   * Purges the shared tier at once and wakes the relay, for a purge of a transaction that isn't made by `transaction`, such as an
   * ORM's. Both may fail: the outbox has the purge, and a scheduled sweep finds it within a minute. Never throws, and takes at
   * most a second.
   *
   * @param purgeId result of `requestPurge`.
   * @param tags tags that it was given.
   * @param mode mode that it was given, by default 'delete'.
   */
  afterCommit(purgeId: string, tags: readonly string[], mode?: PurgeMode): Promise<void>;
}

export function createWriter({ database, shared, bus }: { database: Database; shared: SharedTier; bus: Bus }): Writer {
  const context = { primary: database.writer, bus, shared };
  return {
    transaction: async (work) => {
      const purges: CommittedPurge[] = [];
      let version: Version | undefined;
      const result = await transaction(
        database.writer,
        (client) => gatherPurges(client, purges, () => work(client)),
        async (client) => {
          if (purges.some(({ tags }) => tags.length > 0)) version = await versionOfCommit(client);
        },
      );
      await Promise.all(purges.map((purge) => afterCommit(context, purge, version)));
      return result;
    },
    afterCommit: (purgeId, tags, mode = 'delete') => afterCommit(context, { purgeId, tags, mode }),
  };
}
