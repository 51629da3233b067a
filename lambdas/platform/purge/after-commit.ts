import type { Pool, PoolClient } from 'pg';
import { newBudget, type Progress } from '../../runtime/connection/budget';
import { currentVersion } from '../../runtime/versions/postgres';
import type { Version } from '../../runtime/versions/version';
import { log } from '../log';
import { kick } from './kick';
import { NextRun } from './next-run';
import type { SharedTier, VpcContext } from './purge-path';
import type { CommittedPurge } from './purge-requests';

/**
 * Ends of steps in this process. While some end well, the others wait in queues of this process: for a connection, or for a
 * processor that is busy.
 */
class Steps implements Progress {
  #hasEnded = false;
  #at: number | undefined;

  observe(now: number): void {
    if (this.#hasEnded) this.#at = now;
    this.#hasEnded = false;
  }

  lastAt(): number | undefined {
    return this.#at;
  }

  async run<T>(step: Promise<T>): Promise<T> {
    const result = await step;
    this.#hasEnded = true;
    return result;
  }
}

const steps = new Steps();

/**
 * Time for which the writer's own attempt may hold up its answer while nothing ends, in milliseconds: a healthy shared tier takes
 * a few, and the pipeline does it again anyway.
 */
const attemptBudget = newBudget(250, () => new Error('nothing was purged for 250 ms'), steps);

/** Time for which all that follows a commit may hold up the writer's answer, in milliseconds. */
const answerBudget = newBudget(1_000, () => new Error('not done within 1000 ms'));

const versionsOf = new WeakMap<Pool, NextRun<Version>>();

/**
 * Version of a commit, read by the connection that made it: for another one it would wait behind every change that waits for its
 * own.
 *
 * @throws where the primary doesn't say it in time; the connection is not to be used any more then.
 */
export const versionOfCommit = (client: PoolClient): Promise<Version> =>
  answerBudget.limit(attemptBudget.limit(steps.run(currentVersion(client))));

/** Version that contains what was committed before, for as many as ask meanwhile by one connection. */
function versionByNow(primary: Pool): Promise<Version> {
  const versions = versionsOf.get(primary) ?? new NextRun();
  versionsOf.set(primary, versions);
  return versions.after(() => currentVersion(primary));
}

/**
 * Purges the shared tier at once and wakes the relay, after the commit of a purge. Both may fail: the outbox row is what counts,
 * which a scheduled sweep finds within a minute. Never throws, and takes at most a second.
 *
 * @param version version of the commit, where it is known.
 */
export async function afterCommit(
  { primary, bus, shared }: VpcContext & { readonly shared: SharedTier },
  { purgeId, tags, mode }: CommittedPurge,
  version?: Version,
): Promise<void> {
  const attempt = async (): Promise<void> => {
    if (tags.length === 0) return;
    const known = version ?? (await steps.run(versionByNow(primary)));
    await steps.run(shared.purgeTags(tags, { version: known, mode }));
  };
  await Promise.all([
    answerBudget
      .limit(attemptBudget.limit(attempt()))
      .catch((error) => log.warn('shared tier not purged by the writer', { purgeId, error })),
    answerBudget.limit(kick(bus, purgeId)).catch((error) => log.warn('relay not kicked', { purgeId, error })),
  ]);
}
