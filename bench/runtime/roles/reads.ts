import { Cluster } from 'ioredis';
import { CorkedConnector } from '../../../lambdas/runtime/corked-connector';
import { serve } from '../../support/serve';
import { openCache, type Place } from '../subject';

/** Reads through one library as fast as it goes. */
type Read = (key: string) => Promise<unknown>;
type Open = (load: (key: string) => Promise<unknown>, ...rest: never[]) => Promise<Read>;

interface Setting {
  readonly subject: string;
  readonly kind: 'memory' | 'shared';
  /** The module of the peers. */
  readonly peers: string;
  readonly keys: number;
  readonly place?: Place;
}

let read: Read;
let keys: string[] = [];

/** About 1 KB as JSON, and different for each key. */
function documentOf(key: string): unknown {
  return {
    key,
    items: Array.from({ length: 12 }, (_, i) => ({ id: i, name: `item ${i} of ${key}`, price: i * 1.5, tags: ['a', 'b'] })),
  };
}

const load = async (key: string) => documentOf(key);

const OURS: Record<string, Open> = {
  'memory, by reference': async (loader) => {
    const { namespace } = openCache({ memory: true, share: 'frozen' });
    return (key) => namespace.getOrSet(key, () => loader(key));
  },
  'memory, copies': async (loader) => {
    const { namespace } = openCache({ memory: true, share: 'copy' });
    return (key) => namespace.getOrSet(key, () => loader(key));
  },
  shared: async (loader, place: Place) => {
    const { namespace } = openCache({ place, memory: false });
    return (key) => namespace.getOrSet(key, () => loader(key));
  },
  'shared, raw': async (loader, { host, port, username, password, ca }: Place) => {
    const cluster = new Cluster([{ host, port }], {
      dnsLookup: (address, callback) => callback(null, address),
      redisOptions: { username, password, tls: { ca }, enableReadyCheck: false, Connector: CorkedConnector },
    });
    return async (key) => {
      const name = `raw:{${key}}`;
      const text = await cluster.get(name);
      if (text !== null) return JSON.parse(text);
      const value = await loader(key);
      await cluster.set(name, JSON.stringify(value), 'PX', 3_600_000);
      return value;
    };
  },
};

serve({
  /** Opens the subject and reads every key twice: the first read loads, the second must not. */
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
    for (const key of keys) await read(key);
    const before = loads;
    for (const key of keys) await read(key);
    if (loads > before) throw new Error(`'${subject}' loaded ${loads - before} of ${count} keys again`);
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
