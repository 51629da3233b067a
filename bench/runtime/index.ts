import { type RedisCluster, startRedisCluster } from '../../test/support/redis-cluster';
import type { Benchmark } from '../support/benchmark';
import { describe, type Figure, isMissed } from '../support/figures';
import { build } from './build';
import type { Bench } from './measurement';
import { MEASUREMENTS } from './table';

/**
 * `npm run bench -- runtime [--json] [--only key,key]`: every figure that the library promises, beside its bar.
 */
export const benchmark: Benchmark = async ({ options, log }) => {
  const wanted = options.only?.split(',');
  const unknown = wanted?.filter((key) => !MEASUREMENTS.some(({ figures }) => figures.some((figure) => figure.key === key)));
  if (unknown?.length) throw new Error(`'--only' must name keys of the table, got: '${unknown.join(',')}'`);
  const built = build(log);
  let cluster: Promise<RedisCluster> | undefined;
  const bench: Bench = {
    build: built,
    log,
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
      log(`${asked.map(({ key }) => key).join(', ')} ...`);
      Object.assign(result, await measure(bench));
      rows.push(...asked);
    }
  } finally {
    await (await cluster)?.dispose();
    built.dispose();
  }
  log('');
  for (const figure of rows) {
    const { key, what } = figure;
    const verdict = isMissed(figure, result[key]) ? 'MISSED' : 'ok';
    log(`${verdict.padEnd(6)}  ${key.padEnd(26)} ${String(result[key]).padStart(8)}  ${describe(figure).padEnd(14)}  ${what}`);
  }
  const missed = rows.filter((figure) => isMissed(figure, result[figure.key])).map(({ key }) => key);
  return { ...result, missed };
};
