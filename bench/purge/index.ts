import type { Benchmark } from '../support/benchmark';
import { commitToShared, overheadToEdge } from './latency';
import { burst, coalescing, swallowed } from './pace';
import { type FleetOptions, PlatformHarness } from './platform-harness';
import { storm } from './storm';

/** Enough to see that it works, in a few minutes. */
const SMALL = {
  changes: 600,
  kills: 12,
  failovers: 1,
  places: 120,
  tags: 4000,
  wildcards: 30,
  coalesced: 1000,
  coalescedPlaces: 20,
  coalescedSeconds: 30,
  sharedSeconds: 10,
  edgeChanges: 20,
};
/** Figures with a bar. */
const FULL: typeof SMALL = {
  changes: 10_000,
  kills: 100,
  failovers: 2,
  places: 200,
  tags: 10_000,
  wildcards: 100,
  coalesced: 10_000,
  coalescedPlaces: 200,
  coalescedSeconds: 60,
  sharedSeconds: 30,
  edgeChanges: 100,
};

const PARTS = ['storm', 'coalescing', 'shared', 'edge'] as const;

/**
 * Promises of the purge path: nothing lost, nothing paid twice, limits kept, and how long it takes. `--part` runs one of
 * storm, coalescing, shared and edge; `--size small` is for development, and each size is an option of its own.
 */
export const benchmark: Benchmark = async (context) => {
  const { options, log } = context;
  if (options.size !== undefined && !['small', 'full'].includes(options.size)) {
    throw new Error(`'--size' must be 'small' or 'full', got: '${options.size}'`);
  }
  const sizes = { ...(options.size === 'small' ? SMALL : FULL) };
  for (const name of Object.keys(sizes) as (keyof typeof sizes)[]) if (options[name]) sizes[name] = Number(options[name]);
  const parts = options.part ? PARTS.filter((part) => part === options.part) : PARTS;
  if (parts.length === 0) throw new Error(`'--part' must be one of ${PARTS.join(', ')}, got: '${options.part}'`);
  const seed = Number(options.seed ?? 1);
  const result: Record<string, unknown> = { seed };
  const errors = {};
  const quiet = { latencyMs: 0, duplicateProbability: 0 };

  for (const part of parts) {
    log(`${part}: starting the platform`);
    try {
      if (part === 'storm') {
        await withFleet({ settings: { events: { duplicateProbability: 0.05, reorder: true } } }, async (harness) => {
          Object.assign(result, await storm(harness, { seed, ...sizes }, context));
          result.swallowed = await swallowed(harness, 5);
          Object.assign(result, await burst(harness, sizes));
        });
      } else if (part === 'coalescing') {
        await withFleet({ edgeWindowMs: 30_000 }, async (harness) => {
          const { coalesced: changes, coalescedPlaces: places, coalescedSeconds: seconds } = sizes;
          Object.assign(result, await coalescing(harness, { changes, places, seconds }, context));
        });
      } else if (part === 'shared') {
        await withFleet({ settings: { events: quiet } }, async (harness) => {
          Object.assign(result, await commitToShared(harness, { seconds: sizes.sharedSeconds, perSecond: 100 }));
        });
      } else {
        const settings = { events: quiet, edge: { invalidation: { effectiveMs: 0, completedMs: 0 } } };
        await withFleet({ edgeWindowMs: 500, settings }, async (harness) => {
          Object.assign(result, await overheadToEdge(harness, sizes.edgeChanges, context));
        });
      }
    } catch (error) {
      // The other parts are worth having all the same; the figures of this one are missing.
      Object.assign(errors, { [part]: (error as Error).message });
      result.errors = errors;
    }
    log(JSON.stringify(result));
  }
  return result;
};

async function withFleet(options: FleetOptions, use: (harness: PlatformHarness) => Promise<void>): Promise<void> {
  const harness = await PlatformHarness.start(options);
  try {
    await use(harness);
  } finally {
    await harness.dispose();
  }
}
