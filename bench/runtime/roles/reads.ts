import { Cluster, Redis } from 'ioredis';
import StandaloneConnector, { type StandaloneConnectionOptions } from 'ioredis/built/connectors/StandaloneConnector';
import type { LoadContext } from '../../../lambdas/runtime';
import { serve } from '../../support/serve';
import type { BenchPlace } from '../measurement';
import { openCache, type SubjectOptions } from '../subject';

/** Reads through one library as fast as it goes. */
type Read = (key: string) => Promise<unknown>;
type Open = (load: (key: string) => Promise<unknown>, ...rest: never[]) => Promise<Read>;

interface Setting {
  readonly subject: string;
  readonly kind: 'memory' | 'shared';
  /** The module of the peers. */
  readonly peers: string;
  readonly keys: number;
  readonly place?: BenchPlace;
}

/** A TTL that no benchmark outlives, in seconds. */
const HOUR = 3600;
/** A machine that stops for longer than the default budget must not turn hits into loads, which would be measured instead. */
const BUDGET_MS = 2000;

let read: Read;
let keys: string[] = [];

/** About 1 KB as JSON, as an API would give it, and different for each key. */
function documentOf(key: string): unknown {
  return {
    id: key,
    name: `The name of ${key}`,
    description: `What there is to say of ${key}. `.repeat(16),
    price: 19.99,
    currency: 'EUR',
    stock: 42,
    available: true,
    tags: ['garden', 'tools', 'new'],
    dimensions: { width: 12.5, height: 30, depth: 8, unit: 'cm' },
    seller: { id: 4711, name: `Seller of ${key}`, rating: 4.6, country: 'DE' },
    images: Array.from({ length: 4 }, (_, i) => `/images/${key}/${i}.jpg`),
    createdAt: '2026-01-01T12:00:00.000Z',
  };
}

const load = async (key: string) => documentOf(key);

const OURS: Record<string, Open> = {
  'memory, by reference': (loader) => ours(loader, { policy: { freshness: { memoryTtlSeconds: HOUR } } }),
  'memory, copies': (loader) => ours(loader, { policy: { freshness: { memoryTtlSeconds: HOUR }, share: 'copy' } }),
  shared: (loader, place: BenchPlace) =>
    ours(loader, {
      place,
      policy: { freshness: { memoryTtlSeconds: 0, sharedTtlSeconds: HOUR } },
      store: { budgetMs: BUDGET_MS },
    }),
  'shared, raw': (loader, place: BenchPlace) => rawClient(loader, place),
};

async function ours(loader: (key: string) => Promise<unknown>, options: SubjectOptions): Promise<Read> {
  const { items } = openCache(options);
  // One loader for all keys, as the others have it.
  const load = (_: undefined, context: LoadContext) => loader(context.key);
  return (key) => items.getOrSet(key, load);
}

/** The client with the stream's own cork, and nothing else. */
class Corked extends StandaloneConnector {
  constructor(options: unknown) {
    super(options as StandaloneConnectionOptions);
  }

  override async connect(...rest: Parameters<StandaloneConnector['connect']>) {
    const stream = await super.connect(...rest);
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    let corked = false;
    stream.write = ((...args: unknown[]) => {
      if (!corked) {
        corked = true;
        stream.cork();
        setImmediate(() => {
          corked = false;
          stream.uncork();
        });
      }
      return write(...args);
    }) as typeof stream.write;
    return stream;
  }
}

async function rawClient(loader: (key: string) => Promise<unknown>, place: BenchPlace): Promise<Read> {
  const { host, port, singleNode, tls, user } = place;
  const connection = { ...user, ...(tls && { tls }), enableReadyCheck: false, Connector: Corked };
  const client = singleNode
    ? new Redis({ host, port, ...connection })
    : new Cluster([{ host, port }], {
        dnsLookup: (address, callback) => callback(null, address),
        redisOptions: connection,
      });
  return async (key) => {
    const name = `raw:{${key}}`;
    const text = await client.get(name);
    if (text !== null) return JSON.parse(text);
    const value = await loader(key);
    await client.set(name, JSON.stringify(value), 'PX', HOUR * 1000);
    return value;
  };
}

/** Passes over the keys until one has to load none of them. */
const MOST_PASSES = 20;

serve({
  /** Opens the subject and reads the keys until all are there. */
  async open({ subject, kind, peers, keys: count, place }: Setting) {
    const theirs = (await import(peers)) as Record<'memory' | 'shared', Record<string, Open>>;
    const open = OURS[subject] ?? theirs[kind][subject];
    if (!open) throw new Error(`there is no subject '${subject}'`);
    let loads = 0;
    const counted = async (key: string) => {
      loads++;
      return load(key);
    };
    read = await open(counted, (kind === 'memory' ? count * 2 : place) as never);
    keys = Array.from({ length: count }, (_, i) => `item-${i}`);
    // A busy machine may cost a read its budget, and its key its entry; what is measured then must be hits.
    for (let pass = 1; ; pass++) {
      const before = loads;
      for (const key of keys) await read(key);
      if (loads === before) break;
      if (pass === MOST_PASSES) throw new Error(`'${subject}' still loads ${loads - before} of ${count} keys again`);
    }
  },

  /** Reads one key after another. @returns reads per second */
  async one(milliseconds: number): Promise<number> {
    const began = performance.now();
    let reads = 0;
    do {
      for (const key of keys) await read(key);
      reads += keys.length;
    } while (performance.now() - began < milliseconds);
    return (reads * 1000) / (performance.now() - began);
  },

  /** Reads with this many at once. @returns reads per second */
  async many(concurrency: number, milliseconds: number): Promise<number> {
    const began = performance.now();
    let reads = 0;
    const worker = async () => {
      while (performance.now() - began < milliseconds) {
        await read(keys[reads++ % keys.length] as string);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
    return (reads * 1000) / (performance.now() - began);
  },
});
