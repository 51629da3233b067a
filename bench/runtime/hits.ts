import { startRedisCluster } from '../../test/support/redis-cluster';
import { startRedisServer } from '../../test/support/redis-server';
import { median, round } from '../support/benchmark';
import { type Child, withChildren } from '../support/child';
import { type Bench, type BenchPlace, type Measure, ratio, type Subject, takeTurns } from './measurement';

/** Keys read in turn: more than fit a processor's first caches, few enough for every library's defaults. */
const KEYS = 1000;
const CONCURRENCY = 64;

/** Options for measuring the hits of one tier. */
interface Course {
  readonly setting: { readonly kind: 'memory' | 'shared'; readonly place?: BenchPlace };
  readonly run: (child: Child, milliseconds: number) => Promise<number>;
  /** Duration of each part of a turn. */
  readonly partMs: number;
  /** Warm-up of a new process, after which the compiler is done. */
  readonly warmUpMs: number;
  /** Turns of a process before it is replaced: the layout of its heap moves its figure by a tenth, for as long as it lives. */
  readonly life: number;
}

/** Lets the libraries take turns. */
function race(bench: Bench, what: string, names: readonly string[], course: Course, turns?: number) {
  const { setting, run, partMs, warmUpMs, life } = course;
  return withChildren(async (start) => {
    const subjects = names.map((name): Subject => {
      let child: Child;
      const prepare = async (turn: number) => {
        if (turn % life > 0) return;
        child?.kill();
        child = start(bench.build.role('reads'));
        await child.call('open', { subject: name, peers: bench.build.peers, keys: KEYS, ...setting });
        await run(child, warmUpMs);
      };
      return { name, prepare, run: () => run(child, partMs) };
    });
    const rates = await takeTurns(subjects, turns);
    for (const [name, values] of rates) {
      bench.log(`  ${what}, ${name}: ${round(median(values))} (${round(Math.min(...values))} to ${round(Math.max(...values))})`);
    }
    return (name: string) => rates.get(name) ?? [];
  });
}

const MEMORY: Course = {
  setting: { kind: 'memory' },
  run: (child, milliseconds) => child.call<number>('one', milliseconds),
  partMs: 60,
  warmUpMs: 300,
  life: 1,
};

/** A hit in memory, awaited one at a time: by reference beside layered-loader, as copies beside bentocache. */
export const memoryHits: Measure = async (bench) => {
  const pair = async (ours: string, theirs: string) => {
    const of = await race(bench, 'memory hits per second', [ours, theirs], MEMORY);
    return round(ratio(of(ours), of(theirs)));
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

/** Turns of all of them, and how many of the best the pairs are made with then; the one that comes nearest to us counts. */
const HEATS = 3;
const FINALISTS = 2;

/**
 * A hit in the shared tier, memory off: beside a client with nothing around it, and beside the other libraries. The figures of
 * the table are those without TLS, which takes the same time from everybody and so makes them alike; those with it, and those on
 * a single node, stand beside them.
 */
export const sharedHits: Measure = async (bench) => {
  const plain = await startRedisCluster({ encrypted: false });
  const { vsRaw, vsBestPeer, bestPeer } = await sharedHitsOn(bench, plain.place).finally(() => plain.dispose());
  const encrypted = await sharedHitsOn(bench, (await bench.cluster()).place);
  const single = await startRedisServer({ open: true });
  const place = { host: '127.0.0.1', port: single.port, singleNode: true };
  const alone = await sharedHitsOn(bench, place).finally(() => single.dispose());
  return {
    sharedHitVsRaw: vsRaw,
    sharedHitVsBestPeer: vsBestPeer,
    sharedHitBestPeer: bestPeer,
    sharedHitVsRawTls: encrypted.vsRaw,
    sharedHitVsBestPeerTls: encrypted.vsBestPeer,
    sharedHitBestPeerTls: encrypted.bestPeer,
    sharedHitVsRawSingleNode: alone.vsRaw,
    sharedHitVsBestPeerSingleNode: alone.vsBestPeer,
    sharedHitBestPeerSingleNode: alone.bestPeer,
  };
};

async function sharedHitsOn(bench: Bench, place: BenchPlace) {
  const what = `shared hits per second ${place.tls ? 'with' : 'without'} TLS${place.singleNode ? ', on a single node' : ''}`;
  const course: Course = {
    setting: { kind: 'shared', place },
    run: (child, milliseconds) => child.call<number>('many', CONCURRENCY, milliseconds),
    partMs: 100,
    warmUpMs: 1000,
    life: 3,
  };
  const ofPeer = await race(bench, what, PEERS, course, HEATS);
  const best = [...PEERS].sort((a, b) => median(ofPeer(b)) - median(ofPeer(a))).slice(0, FINALISTS);
  const of = await race(bench, what, ['shared', 'shared, raw', ...best], course);
  const versus = (name: string) => ratio(of('shared'), of(name));
  const bestPeer = best.reduce((a, b) => (versus(a) <= versus(b) ? a : b));
  return { vsRaw: round(versus('shared, raw')), vsBestPeer: round(versus(bestPeer)), bestPeer };
}
