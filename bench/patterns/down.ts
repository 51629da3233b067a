import type { ClientConfig } from 'pg';
import type { RedisCluster } from '../../test/support/redis-cluster';
import { median, round } from '../support/benchmark';
import { withChildren } from '../support/child';
import type { Down } from './roles/down';

const ROUNDS = 3;

/** Figures of patterns while all of Redis is stopped. */
export const WHILE_DOWN = ['downMs', 'downOpenMs', 'downWaits'];

/**
 * Stops every server, and calls every operation of every pattern as the first one of its process's connection, again until its
 * breaker is open, and then for a while.
 *
 * What a call waits for the database is no time of the tier, and isn't counted.
 *
 * @param script role of the process that calls.
 * @returns `downMs`: milliseconds over its budgets of the slowest operation, by its median; `downOpenMs` of the slowest once
 * breakers are open, by its 99th percentile, probes included; `downWaits` calls that waited.
 */
export async function whileDown(script: string, cluster: RedisCluster, database: ClientConfig, log: (line: string) => void) {
  const { engines, place } = cluster;
  const rounds: Record<string, Down>[] = [];
  for (let turn = 0; turn < ROUNDS; turn++) {
    await withChildren(async (start) => {
      const child = start(script);
      await child.call('open', { place, database });
      const servers = (await engines.processes()).filter(({ kind }) => kind === 'redis').map(({ name }) => name);
      const signal = (name: NodeJS.Signals) => Promise.all(servers.map((server) => engines.kill(server, name)));
      await signal('SIGSTOP');
      try {
        rounds.push(await child.call('measure'));
      } finally {
        await signal('SIGCONT');
        await engines.ready();
      }
    });
  }
  const operations = Object.keys(rounds[0]!).map((name) => {
    const of = (what: keyof Down) => round(median(rounds.map((each) => each[name]![what])));
    return { name, overMs: of('overMs'), openMs: of('openMs'), waits: of('waits') };
  });
  const most = (what: keyof Down) => {
    const [first, ...others] = [...operations].sort((a, b) => b[what] - a[what]);
    const named = [first!, ...others.slice(0, 4)].map(({ name, [what]: value }) => `${value} ${name}`);
    log(`  while all is down, most ${what}: ${named.join('; ')}`);
    return first![what];
  };
  return { downMs: most('overMs'), downOpenMs: most('openMs'), downWaits: most('waits') };
}
