import { Cluster } from 'ioredis';
import { RedisConnection } from '../../../lambdas/runtime';
import type { Place } from '../../../test/support/redis-cluster';
import { serve } from '../../support/serve';
import { type Side, SUBJECTS } from '../subjects';

interface Setting {
  readonly subject: string;
  /** True for the library that ours is compared with. */
  readonly peer: boolean;
  /** Module of the peers. */
  readonly peers: string;
  readonly place: Place;
}

/** About as many bytes as a session has. */
const VALUE = 'x'.repeat(2048);

let side: Side;
let count = 0;

serve({
  async open({ subject, peer, peers, place }: Setting) {
    const { ours, theirs } = SUBJECTS[subject]!;
    side = peer ? await theirs(await import(peers), place) : await ours(connectionTo(place), rawOf(place));
  },

  /** Operations, or commands of the side's client with nothing around it, with this many at once. @returns how many a second */
  async many(what: 'operation' | 'raw', concurrency: number, milliseconds: number): Promise<number> {
    const began = performance.now();
    let done = 0;
    const worker = async () => {
      while (performance.now() - began < milliseconds) {
        await (what === 'raw' ? side.raw(count++, VALUE) : side.operation(count++));
        done++;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    return (done * 1000) / (performance.now() - began);
  },
});

function connectionTo({ host, port }: Place): RedisConnection {
  // A machine that stops for longer than the default budgets must not turn operations into failures, which would be measured.
  const budgets = { budgetMs: 2000, writeBudgetMs: 4000, connectBudgetMs: 10_000 };
  return new RedisConnection({ endpoint: `${host}:${port}`, tls: false, namespace: 'bench', ...budgets });
}

/** Half GET, half SET of the client that ours uses, with its defaults. */
function rawOf({ host, port }: Place): Side['raw'] {
  const client = new Cluster([{ host, port }]);
  return (n, value) => (n % 2 === 0 ? client.get(`raw:${n % 1000}`) : client.set(`raw:${n % 1000}`, value));
}
