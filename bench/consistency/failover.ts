import { setTimeout as sleep } from 'node:timers/promises';
import { RedisStore } from '../../lambdas/runtime';
import { newToken } from '../../lambdas/runtime/token';
import { ITEMS } from './items';
import { monotonic, type PurgeRecord } from './journal';
import type { Failover } from './oracle';
import { FENCE_MS } from './protocol';
import type { Random } from './random';
import { primaries, slotsOf } from './slots';
import type { Testbed } from './testbed';

/** A failover with the time until its purges were replayed, in microseconds of the common clock. */
export interface ReplayedFailover extends Failover {
  readonly replayedAt: number;
}

/** Age of the oldest purge that is replayed, in microseconds: longer than a replica is frozen before its primary dies. */
const SETTLE = 10e6;
const POLL_MS = 25;
/** For a promotion, and for a replay, in microseconds. */
const LIMIT = 30e6;

/**
 * Kills the primary of a shard, now and then after its replica has been frozen for a while, so that purges which were
 * acknowledged without it are lost; waits for the promotion, and replays the latest purges, as the purge path does it after a
 * failover.
 */
export async function failOver(
  testbed: Testbed,
  namespace: string,
  recentPurges: (since: number) => PurgeRecord[],
  random: Random,
): Promise<ReplayedFailover> {
  const nodes = (await testbed.engines.processes()).filter(({ kind }) => kind === 'redis');
  const victim = random.pick(await primaries(testbed));
  const replica = nodes.find(({ name }) => name !== victim.name && shardOf(name) === shardOf(victim.name))!;
  // A replica hears of a moved slot only some time after; promoted before, it would leave the slot to nobody.
  while ((await slotsOf(testbed, victim, replica.name)) !== (await slotsOf(testbed, victim, victim.name))) await sleep(POLL_MS);
  const frozen = random.chance(0.7);
  if (frozen) {
    await testbed.engines.kill(replica.name, 'SIGSTOP');
    await sleep(random.between(100, 900));
  }
  testbed.down.add(victim.name);
  const killedAt = monotonic();
  await testbed.engines.kill(victim.name);
  if (frozen) await testbed.engines.kill(replica.name, 'SIGCONT');
  for (const deadline = killedAt + LIMIT; ; ) {
    if (monotonic() > deadline) throw new Error(`no replica of ${victim.name} took over`);
    const [role] = await testbed.node(replica.name, (client) => client.call('ROLE') as Promise<[string]>).catch(() => ['']);
    if (role === 'master') break;
    await sleep(POLL_MS);
  }
  const promotedAt = monotonic();
  await replay(testbed, namespace, recentPurges(killedAt - SETTLE));
  const replayedAt = monotonic();
  await testbed.engines.restart(victim.name);
  for (const deadline = monotonic() + LIMIT; monotonic() < deadline; ) {
    const [role, , , link] = await testbed
      .node(victim.name, (client) => client.call('ROLE') as Promise<string[]>)
      .catch(() => []);
    if (role === 'slave' && link === 'connected') break;
    await sleep(POLL_MS);
  }
  testbed.down.delete(victim.name);
  return { killedAt, promotedAt, replayedAt };
}

/** Each key and tag once, with its last version: a purge is safe to repeat. */
async function replay(testbed: Testbed, namespace: string, purges: PurgeRecord[]): Promise<void> {
  const store = new RedisStore({
    endpoint: testbed.endpoint(),
    credentials: () => testbed.credentials,
    tls: false,
    namespace,
    connectBudgetMs: 5000,
  });
  const last = new Map<string, PurgeRecord>();
  for (const purge of purges) {
    const name = purge.tag ? `tag ${purge.tag}` : `item ${purge.rows[0]![0]}`;
    const known = last.get(name);
    if (!known || known.version < purge.version) last.set(name, purge);
  }
  const deadline = monotonic() + LIMIT;
  const again = async ({ tag, version, rows }: PurgeRecord) => {
    for (let last: unknown; ; ) {
      if (monotonic() > deadline) throw new Error(`the purges could not be replayed: ${last}`, { cause: last });
      try {
        if (tag) await store.purgeTag(tag, newToken(), version, 3_600_000, 'delete');
        else await store.purgeKey(ITEMS[rows[0]![0]]!.key, version, FENCE_MS);
        return;
      } catch (error) {
        last = error;
        await sleep(POLL_MS);
      }
    }
  };
  await Promise.all([...last.values()].map(again));
  await store.close();
}

/** The name of a node's process ends in `<shard>-<node>`. */
function shardOf(name: string): string {
  return name.slice(0, name.lastIndexOf('-'));
}
