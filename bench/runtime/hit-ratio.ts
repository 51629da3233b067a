import { MemoryTier } from '../../lambdas/runtime/memory/memory-tier';
import { round } from '../support/benchmark';
import { withChildren } from '../support/child';
import type { Measure } from './measurement';
import { TRACES, type Trace, trace } from './traces';

const SEEDS = 10;
/** Capacities, in percent of a trace's keys. */
const CAPACITIES = [1, 10];
/** Every entry has the same size here, as for a cache that counts entries. */
const VALUE_BYTES = 1000;

/** The memory tier beside lru-cache, over traces that a seed fixes. Counts hits, so the machine's speed doesn't matter. */
export const hitRatio: Measure = ({ build, log }) =>
  withChildren(async (start) => {
    const peer = start(build.role('hit-ratio'));
    await peer.call('open', build.peers);
    let worst = Number.POSITIVE_INFINITY;
    for (const name of TRACES) {
      for (const percent of CAPACITIES) {
        let ours = 0;
        let theirs = 0;
        for (let seed = 1; seed <= SEEDS; seed++) {
          const keys = trace(name, seed);
          const capacity = Math.round((new Set(keys).size * percent) / 100);
          ours += memoryHits(keys, capacity) / SEEDS;
          theirs += (await peer.call<number>('lruCache', name, seed, capacity)) / SEEDS;
        }
        worst = Math.min(worst, ours - theirs);
        log(`  hits in percent, ${name}, ${percent} %: ${round(ours)}, lru-cache ${round(theirs)}`);
      }
    }
    return { hitRatioVsLruCache: round(worst) };
  });

function memoryHits(keys: Trace, capacity: number): number {
  const probe = new MemoryTier<true>(Infinity);
  probe.set('item-00000', true, VALUE_BYTES, 1, 0, probe.keyspace(''));
  const memory = new MemoryTier<true>(probe.bytes * capacity);
  const keyspace = memory.keyspace('');
  let hits = 0;
  for (const key of keys) {
    if (memory.get(key, 0, keyspace)) hits++;
    else memory.set(key, true, VALUE_BYTES, 1, 0, keyspace);
  }
  return (hits * 100) / keys.length;
}
