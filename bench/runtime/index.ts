import { type RedisCluster, startRedisCluster } from '../../test/support/redis-cluster';
import type { Benchmark } from '../support/benchmark';
import { build } from './build';
import type { Bench } from './measurement';
import { describe, type Figure, isMissed, MEASUREMENTS } from './table';

/**
 * `npm run bench -- runtime [--json] [--only key,key]`: every figure that the library promises, beside its bar.
 */
export const benchmark: Benchmark = async ({ options, say }) => {
  const wanted = options.only?.split(',');
  const unknown = wanted?.filter((key) => !MEASUREMENTS.some(({ figures }) => figures.some((figure) => figure.key === key)));
  if (unknown?.length) throw new Error(`'--only' must name keys of the table, got: '${unknown.join(',')}'`);
  const built = build(say);
  let cluster: Promise<RedisCluster> | undefined;
  const bench: Bench = {
    build: built,
    say,
    cluster: () => {
      cluster ??= startRedisCluster();
      return cluster;
    },
  };
  const result: Record<string, unknown> = {};
  const rows: Figure[] = [];
  try {
    for (const { figures, measure } of MEASUREMENTS) {
      const asked = figures.filter(({ key }) => wanted?.includes(key) ?? true);
      if (asked.length === 0) continue;
      say(`${asked.map(({ key }) => key).join(', ')} ...`);
      Object.assign(result, await measure(bench));
      rows.push(...asked);
    }
  } finally {
    await (await cluster)?.dispose();
    built.dispose();
  }
  say('');
  for (const figure of rows) {
    const { key, what } = figure;
    const verdict = isMissed(figure, result[key]) ? 'MISSED' : 'ok';
    say(`${verdict.padEnd(6)}  ${key.padEnd(26)} ${String(result[key]).padStart(8)}  ${describe(figure).padEnd(14)}  ${what}`);
  }
  const missed = rows.filter((figure) => isMissed(figure, result[figure.key])).map(({ key }) => key);
  return { ...result, missed };
};
