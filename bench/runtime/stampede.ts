import { median, round } from '../support/benchmark';
import { type Child, withChildren } from '../support/child';
import type { Bench, Measure } from './measurement';

const PROCESSES = 4;
const READS = 1000;
const RUNS = 20;
const LOAD_MS = 50;
/** Long enough that a loader is killed before it ends, on a busy machine too. */
const ORPHAN_LOAD_MS = 200;

/** Loads of a cold key that every process reads a thousand times at once. */
export const stampede: Measure = async (bench) => ({
  ...(await undisturbed(bench)),
  ...(await holderKilled(bench)),
});

const undisturbed = (bench: Bench) =>
  withChildren(async (start) => {
    const { place } = await bench.cluster();
    let loads = 0;
    const onEvent = () => loads++;
    const children = Array.from({ length: PROCESSES }, () => start(bench.build.role('stampede'), { onEvent }));
    await Promise.all(children.map((child) => child.call('open', place)));
    const counts: number[] = [];
    const waits: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      loads = 0;
      const times = await Promise.all(children.map((child) => child.call<number>('stampede', `cold-${run}`, READS, LOAD_MS)));
      counts.push(loads);
      waits.push(Math.max(...times));
    }
    bench.log(`  loads of ${RUNS} stampedes: ${counts.join(' ')}; the last read took ${round(median(waits))} ms`);
    return { stampedeLoads: Math.max(...counts), stampedeLastReadMs: round(median(waits)) };
  });

/** The first process that begins to load is killed at once. The others must not all load for themselves. */
const holderKilled = (bench: Bench) =>
  withChildren(async (start) => {
    const { place } = await bench.cluster();
    const loads: number[] = [];
    const onEvent = (event: unknown) => loads.push((event as { pid: number }).pid);
    const open = async () => {
      const child = start(bench.build.role('stampede'), { onEvent });
      await child.call('open', place);
      return child;
    };
    let children: Child[] = await Promise.all(Array.from({ length: PROCESSES }, open));
    const counts: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      loads.length = 0;
      const reads = children.map((child) =>
        child.call<number>('stampede', `orphan-${run}`, READS, ORPHAN_LOAD_MS).then(
          () => child,
          () => undefined,
        ),
      );
      const killed = new Promise<void>((resolve) => {
        const look = setInterval(() => {
          const holder = children.find(({ pid }) => pid === loads[0]);
          if (!holder) return;
          clearInterval(look);
          holder.kill('SIGKILL');
          resolve();
        }, 1);
      });
      await killed;
      children = (await Promise.all(reads)).filter((child) => child !== undefined && child.pid !== loads[0]) as Child[];
      counts.push(loads.length);
      while (children.length < PROCESSES) children.push(await open());
    }
    bench.log(`  loads of ${RUNS} stampedes whose first loader is killed: ${counts.join(' ')}`);
    return { stampedeLoadsHolderKilled: Math.max(...counts) };
  });
