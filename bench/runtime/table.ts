import type { Figure } from '../support/figures';
import { hitRatio } from './hit-ratio';
import { memoryHits, sharedHits } from './hits';
import type { Measure } from './measurement';
import { redisDown } from './redis-down';
import { refreshes } from './refreshes';
import { stampede } from './stampede';
import { tagPurge } from './tag-purge';
import { bundle, heap } from './weight';

/** Measurements, with what is promised of each. */
export const MEASUREMENTS: readonly { readonly figures: readonly Figure[]; readonly measure: Measure }[] = [
  {
    measure: memoryHits,
    figures: [
      { key: 'memoryHitVsLayeredLoader', what: 'awaited memory hit by reference, beside layered-loader', atLeast: 1.2 },
      { key: 'memoryHitCopyVsBentocache', what: "awaited memory hit as a copy, beside bentocache's default", atLeast: 4 },
    ],
  },
  {
    measure: sharedHits,
    figures: [
      { key: 'sharedHitVsRaw', what: 'shared hit, 64 at once, beside a corked client and JSON.parse', atLeast: 0.9 },
      { key: 'sharedHitVsBestPeer', what: 'shared hit, 64 at once, beside the best of five libraries', atLeast: 1.5 },
      { key: 'sharedHitVsBestPeerSingleNode', what: 'the same on a single node, without cluster mode' },
    ],
  },
  {
    measure: stampede,
    figures: [
      { key: 'stampedeLoads', what: 'most loads of 20 stampedes: a cold key, 4 processes with 1000 reads each', atMost: 1 },
      { key: 'stampedeLoadsHolderKilled', what: 'the same with the first loader killed', atMost: 2 },
    ],
  },
  {
    measure: bundle,
    figures: [
      { key: 'bundleKbOverIoredis', what: 'minified bundle over ioredis alone, in KB', atMost: 45 },
      { key: 'importMsOverIoredis', what: 'import of the bundle over ioredis alone, in ms', atMost: 10 },
    ],
  },
  {
    measure: heap,
    figures: [{ key: 'heapPerEntryVsLruCache', what: 'bytes for each entry of 1 KB in memory, beside lru-cache', atMost: 1.1 }],
  },
  {
    measure: hitRatio,
    figures: [{ key: 'hitRatioVsLruCache', what: 'worst difference of the hit ratio to lru-cache, in points', atLeast: -0.3 }],
  },
  {
    measure: refreshes,
    figures: [
      { key: 'refreshesPerTtl', what: 'loads each time a hot key ends, at 1000 reads a second', atMost: 1.05 },
      { key: 'stalledPpm', what: 'reads of it that waited for a load, per million', atMost: 50 },
    ],
  },
  {
    measure: tagPurge,
    figures: [
      { key: 'tagPurgeMillionMs', what: 'purge of a tag of a million entries, seen by another process, in ms', atMost: 5 },
    ],
  },
  // Last, because it stops the servers.
  {
    measure: redisDown,
    figures: [
      { key: 'redisDownFirstMs', what: 'all of Redis stopped: first cold read over its loader, in ms', atMost: 60 },
      { key: 'redisDownSteadyMs', what: 'the same once the circuit breakers are open, in ms', atMost: 2 },
      { key: 'redisDownOtherShardsHitPercent', what: 'one master of three stopped: keys of the others that hit', atLeast: 100 },
    ],
  },
];
