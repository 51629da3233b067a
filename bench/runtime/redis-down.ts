import { median, percentile, round } from '../support/benchmark';
import { withChildren } from '../support/child';
import type { Measure } from './measurement';

const TIMES = 3;
/** Reads until every shard's breaker is open, and reads that are measured then. */
const OPENING = 40;
const STEADY = 200;

/** The servers are stopped, not ended: connections stay open and nothing answers, which is the worst case. */
export const redisDown: Measure = (bench) =>
  withChildren(async (start) => {
    const { engines, place } = await bench.cluster();
    const processes = await engines.processes();
    const signal = (names: readonly string[], what: NodeJS.Signals) => Promise.all(names.map((name) => engines.kill(name, what)));
    const everyone = processes.map(({ name }) => name);
    const masters = processes.filter(({ role }) => role === 'primary').map(({ name }) => name);
    const firsts: number[] = [];
    const steady: number[] = [];
    let others = 100;
    for (let time = 0; time < TIMES; time++) {
      const child = start(bench.build.role('down'));
      await child.call('open', place);
      await signal(everyone, 'SIGSTOP');
      try {
        firsts.push(await child.call<number>('overLoader', `first-${time}`));
        for (let i = 0; i < OPENING; i++) await child.call('overLoader', `opening-${time}-${i}`);
        for (let i = 0; i < STEADY; i++) steady.push(await child.call<number>('overLoader', `steady-${time}-${i}`));
      } finally {
        await signal(everyone, 'SIGCONT');
      }
      await engines.ready();
      child.kill();
    }
    const child = start(bench.build.role('down'));
    await child.call('open', place);
    const victim = masters.slice(0, 1);
    await signal(victim, 'SIGSTOP');
    try {
      const thirds = await child.call<number[]>('hitsByThird');
      bench.log(`  hits in percent by third of the slots with one master stopped: ${thirds.map(round).join(' ')}`);
      others = [...thirds].sort((a, b) => b - a)[1] as number;
    } finally {
      await signal(victim, 'SIGCONT');
    }
    await engines.ready();
    bench.log(`  first reads over their loaders, ms: ${firsts.map(round).join(' ')}`);
    bench.log(`  steady reads over their loaders, ms: median ${round(median(steady))}, 95 % ${round(percentile(steady, 95))}`);
    return {
      redisDownFirstMs: round(median(firsts)),
      redisDownSteadyMs: round(median(steady)),
      redisDownSteadyP95Ms: round(percentile(steady, 95)),
      redisDownOtherShardsHitPercent: round(others),
    };
  });
