import { seeded } from '../../consistency/random';
import { serve } from '../../support/serve';
import { openTiers, type Tiers } from '../runner/tiers';
import { loadPage } from './data';
import { sequence } from './traffic';

export interface OpenArgs {
  readonly tiers: Tiers;
  readonly memoryMaxBytes: number;
  /** Ids, the most popular one first. */
  readonly popular: readonly number[];
}

export interface PlayArgs {
  readonly count: number;
  readonly seconds: number;
  readonly concurrency: number;
  readonly writes: number;
  readonly seed: number;
}

let opened: ReturnType<typeof open>;

/** Pages as the example keeps them, by its own code: in memory for a second, in the shared tier for a day. */
function open({ tiers, memoryMaxBytes, popular }: OpenArgs) {
  const { cache, database } = openTiers(tiers, { memoryMaxBytes });
  const pages = cache.namespace('pages', { freshness: { memoryTtlSeconds: 1, sharedTtlSeconds: 86_400 } });
  return { pages, database, popular };
}

/** Reads, and changes of prices, each of which is purged once it is committed. @returns how many were reads. */
async function play({ count, seconds, concurrency, writes, seed }: PlayArgs): Promise<{ readonly reads: number }> {
  const { pages, database, popular } = opened;
  const all = sequence(popular, writes, seeded(seed));
  const end = performance.now() + seconds * 1000;
  let [next, reads] = [0, 0];
  const turn = async () => {
    while (next < count && performance.now() < end) {
      next++;
      const { id, isWrite } = all.next().value!;
      if (isWrite) {
        await database.writer.query('UPDATE products SET price_cents = price_cents + 1 WHERE id = $1', [id]);
        await pages.delete(String(id));
      } else {
        reads++;
        await pages.getOrSet(String(id), (handle) => loadPage(handle, String(id)));
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, turn));
  return { reads };
}

export const methods = {
  open: async (args: OpenArgs) => {
    opened = await open(args);
  },
  play,
};

serve(methods);
