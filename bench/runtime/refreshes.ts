import { round } from '../support/benchmark';
import { withChildren } from '../support/child';
import type { Measure } from './measurement';

const PROCESSES = 4;
const READS_PER_SECOND = 1000;
const TTL_SECONDS = 5;
const LOAD_MS = 100;
const CYCLES = 12;

/** Loads of a hot key each time its TTL ends, and reads that wait for them. */
export const refreshes: Measure = (bench) =>
  withChildren(async (start) => {
    const { place } = await bench.cluster();
    const loads: number[] = [];
    const onEvent = (event: unknown) => loads.push((event as { at: number }).at);
    const children = Array.from({ length: PROCESSES }, () => start(bench.build.role('refreshes'), { onEvent }));
    await Promise.all(children.map((child) => child.call('open', place, TTL_SECONDS)));
    const read = (seconds: number) =>
      Promise.all(
        children.map((child) =>
          child.call<{ reads: number; stalled: number }>('read', 'hot', READS_PER_SECOND / PROCESSES, seconds, LOAD_MS),
        ),
      );
    // The first load is of a cold key, for which everybody waits.
    await read(1);
    loads.length = 0;
    const results = await read(TTL_SECONDS * CYCLES);
    const reads = results.reduce((sum, result) => sum + result.reads, 0);
    const stalled = results.reduce((sum, result) => sum + result.stalled, 0);
    // Loads belong together that begin within half a TTL: those that one loader would have sufficed for.
    loads.sort((a, b) => a - b);
    let [cycles, began] = [0, Number.NEGATIVE_INFINITY];
    for (const at of loads) {
      if (at - began < TTL_SECONDS * 500) continue;
      cycles++;
      began = at;
    }
    bench.log(`  ${loads.length} loads in ${cycles} cycles, ${stalled} of ${reads} reads waited`);
    return { refreshesPerTtl: round(loads.length / cycles), stalledPpm: round((stalled * 1e6) / reads) };
  });
