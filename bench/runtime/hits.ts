import { type RedisCluster, startRedisCluster } from '../../test/support/redis-cluster';
import { median, round } from '../support/benchmark';
import { type Bench, type Measure, ratio, type Subject, takeTurns, withChildren } from './measurement';

/** Keys read in turn: more than fit a processor's first caches, few enough for every library's defaults. */
const KEYS = 1000;
const MEMORY_ROUND_MS = 300;
const SHARED_ROUND_MS = 500;
const CONCURRENCY = 64;

/**
 * A hit in memory, awaited one at a time: by reference beside layered-loader, as copies beside bentocache. Each round is a process of its
 * own, since where its objects come to lie moves a figure of so few nanoseconds by a tenth, for as long as it lives.
 */
export const memoryHits: Measure = async (bench) => {
  const subject = (name: string): Subject => ({
    name,
    round: (milliseconds) =>
      withChildren(async (start) => {
        const child = start(bench.build.role('reads'));
        await child.call('open', { subject: name, kind: 'memory', peers: bench.build.peers, keys: KEYS });
        await child.call('one', milliseconds);
        return child.call<number>('one', milliseconds);
      }),
  });
  const pair = async (ours: string, theirs: string) => {
    const rates = await takeTurns([subject(ours), subject(theirs)], MEMORY_ROUND_MS);
    report(bench, 'memory hits per second', rates);
    return round(ratio(rates.get(ours) ?? [], rates.get(theirs) ?? []));
  };
  return {
    memoryHitVsLayeredLoader: await pair('memory, by reference', 'layered-loader'),
    memoryHitCopyVsBentocache: await pair('memory, copies', 'bentocache'),
  };
};

/** The best of each library's settings counts. */
const PEERS = [
  'bentocache',
  'bentocache, pipelining',
  'cacheable',
  'cache-manager',
  'async-cache-dedupe',
  'async-cache-dedupe, pipelining',
  'layered-loader',
  'layered-loader, pipelining',
];

/**
 * A hit in the shared tier, memory off: beside a client with nothing around it, and beside the other libraries. The figures of the table are
 * those without TLS, which takes the same time from everybody and so makes them alike; those with it stand beside them.
 */
export const sharedHits: Measure = async (bench) => {
  const plain = await startRedisCluster({ encrypted: false });
  const { vsRaw, vsBestPeer, bestPeer } = await sharedHitsOn(bench, plain).finally(() => plain.dispose());
  const encrypted = await sharedHitsOn(bench, await bench.cluster());
  return {
    sharedHitVsRaw: vsRaw,
    sharedHitVsBestPeer: vsBestPeer,
    sharedHitBestPeer: bestPeer,
    sharedHitVsRawTls: encrypted.vsRaw,
    sharedHitVsBestPeerTls: encrypted.vsBestPeer,
    sharedHitBestPeerTls: encrypted.bestPeer,
  };
};

const sharedHitsOn = (bench: Bench, { place }: RedisCluster) =>
  withChildren(async (start) => {
    const subjects: Subject[] = [];
    for (const name of ['shared', 'shared, raw', ...PEERS]) {
      const child = start(bench.build.role('reads'));
      await child.call('open', { subject: name, kind: 'shared', peers: bench.build.peers, keys: KEYS, place });
      subjects.push({ name, round: (milliseconds) => child.call<number>('many', CONCURRENCY, milliseconds) });
    }
    const [ours, raw, ...peers] = subjects as [Subject, Subject, ...Subject[]];
    const what = `shared hits per second ${place.tls ? 'with' : 'without'} TLS`;
    const rates = await takeTurns([ours, raw], SHARED_ROUND_MS);
    report(bench, what, rates);
    const among = await takeTurns([ours, ...peers], SHARED_ROUND_MS);
    report(bench, what, among);
    const best = Math.max(...peers.map(({ name }) => median(among.get(name) ?? [])));
    const bestPeer = peers.find(({ name }) => median(among.get(name) ?? []) === best) as Subject;
    return {
      vsRaw: round(ratio(rates.get(ours.name) ?? [], rates.get(raw.name) ?? [])),
      vsBestPeer: round(ratio(among.get(ours.name) ?? [], among.get(bestPeer.name) ?? [])),
      bestPeer: bestPeer.name,
    };
  });

function report({ say }: Bench, what: string, rates: Map<string, number[]>): void {
  for (const [name, values] of rates) {
    say(`  ${what}, ${name}: ${round(median(values))} (${round(Math.min(...values))} to ${round(Math.max(...values))})`);
  }
}
