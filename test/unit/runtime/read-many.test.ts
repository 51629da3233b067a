import { type Cache, CacheError } from '../../../lambdas/runtime';
import { type ManyLoader, readMany } from '../../../lambdas/runtime/read-many';
import { platform } from '../../support/cache-processes';
import { settled } from '../../support/fake-clock';

const freshness = { memoryTtlSeconds: 1, sharedTtlSeconds: 600, negativeTtlSeconds: 60 };
const items = (cache: Cache<undefined>, policy: object = {}) => cache.namespace('item', { freshness, ...policy });
const twenty = Array.from({ length: 20 }, (_, i) => `k${i}`);

/** A loader that notes what it is asked for. */
function noting(asked: string[][], rows: (key: string) => string | undefined = (key) => `row ${key}`) {
  const load: ManyLoader<string, undefined> = async (_, missing) => {
    asked.push([...missing].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })));
    return new Map(missing.flatMap((key) => (rows(key) === undefined ? [] : [[key, rows(key) as string] as const])));
  };
  return load;
}

describe('reading many keys', () => {
  test('twenty that are missing are one load, in one transaction', async () => {
    const { a, source } = platform({ fallbackConcurrency: 2 });
    const asked: string[][] = [];
    const read = await readMany(items(a), twenty, noting(asked));
    expect([...read]).toEqual(twenty.map((key) => [key, `row ${key}`]));
    expect(asked).toEqual([twenty]);
    expect(source.loads).toHaveLength(1);
  });

  test('what a tier has is not loaded, and a key that is given twice is read once', async () => {
    const { a, b } = platform();
    const asked: string[][] = [];
    await readMany(items(a), ['k1', 'k2'], noting(asked));
    const read = await readMany(items(b), ['k3', 'k1', 'k3', 'k2'], noting(asked));
    expect([...read.keys()]).toEqual(['k3', 'k1', 'k2']);
    expect(asked).toEqual([['k1', 'k2'], ['k3']]);
    // Memory has them all now, and shares them with reads of one key.
    await items(b).getOrSet('k3', () => Promise.reject(new Error('loaded')));
    await readMany(items(b), ['k1', 'k2', 'k3'], noting(asked));
    expect(asked).toHaveLength(2);
  });

  test('a key without a value is left out, and its absence kept', async () => {
    const { a } = platform();
    const asked: string[][] = [];
    const load = noting(asked, (key) => (key === 'k1' ? undefined : 'there'));
    expect([...(await readMany(items(a), ['k1', 'k2'], load)).keys()]).toEqual(['k2']);
    expect([...(await readMany(items(a), ['k1', 'k2'], load)).keys()]).toEqual(['k2']);
    expect(asked).toEqual([['k1', 'k2']]);
  });

  test('calls at once, of two processes, load each key once', async () => {
    const { a, b, clock } = platform();
    const asked: string[][] = [];
    const many = [a, b, a, b].map((cache, i) => readMany(items(cache), twenty.slice(i * 3, i * 3 + 8), noting(asked)));
    for (let i = 0; i < 20; i++) {
      await settled();
      await clock.advance(20);
    }
    for (const [i, read] of (await Promise.all(many)).entries()) expect([...read.keys()]).toEqual(twenty.slice(i * 3, i * 3 + 8));
    const loaded = asked.flat();
    expect(new Set(loaded).size).toBe(loaded.length);
    expect(asked.length).toBeLessThanOrEqual(4);
  });

  test('a purge between load and fill keeps that key out, and no other', async () => {
    const { a } = platform();
    const asked: string[][] = [];
    const cached = items(a);
    await readMany(cached, ['k1', 'k2'], async (handle, missing, contexts) => {
      await cached.delete('k1');
      return noting(asked)(handle, missing, contexts);
    });
    await readMany(cached, ['k1', 'k2'], noting(asked));
    expect(asked).toEqual([['k1', 'k2'], ['k1']]);
  });

  test('tags of a key, given or named by the loader, purge it; named ones are foreseen the second time', async () => {
    const { a, source } = platform();
    const cached = items(a);
    const load: ManyLoader<string, undefined> = async (_, missing, contexts) => {
      for (const key of missing) contexts.get(key)?.tag(`group:${Number(key.slice(1)) % 2}`);
      return new Map(missing.map((key) => [key, `${source.value}`]));
    };
    const read = () => readMany(cached, ['k1', 'k2', 'k3'], load, { tags: (key) => [`item:${key}`] });
    await read();
    expect(source.loads).toHaveLength(2);
    source.write('v2');
    await a.purgeTags(['group:1']);
    expect([...(await read()).values()]).toEqual(['v2', 'v1', 'v2']);
    source.write('v3');
    await a.purgeTags(['item:k2']);
    expect([...(await read()).values()]).toEqual(['v2', 'v3', 'v2']);
    expect(source.loads).toHaveLength(4);
  });

  test('with the shared tier down they are still one load, from the primary', async () => {
    const { a, source, store } = platform();
    store.before = () => {
      throw new CacheError('E_SHARED_UNAVAILABLE', 'down');
    };
    const asked: string[][] = [];
    expect((await readMany(items(a), twenty, noting(asked))).size).toBe(20);
    expect(asked).toEqual([twenty]);
    expect(source.loads).toEqual([{ primaryOnly: true, minVersion: undefined }]);
  });

  test('a loader that fails, fails the call, and holds nothing', async () => {
    const { a } = platform({ fallbackConcurrency: 1 });
    const cached = items(a);
    await expect(readMany(cached, twenty, () => Promise.reject(new Error('no rows')))).rejects.toThrow('no rows');
    const asked: string[][] = [];
    expect((await readMany(cached, twenty, noting(asked))).size).toBe(20);
    expect(await cached.getOrSet('other', async () => 'row')).toBe('row');
  });

  test('of memory-only namespaces they are one load, too', async () => {
    const { a } = platform();
    const asked: string[][] = [];
    const cached = a.namespace('local', { freshness: { memoryTtlSeconds: 60 } });
    await readMany(cached, twenty, noting(asked));
    await readMany(cached, twenty, noting(asked));
    expect(asked).toEqual([twenty]);
  });

  test('within a load they use its place, and a key that waits for itself is told', async () => {
    const { a } = platform({ fallbackConcurrency: 1 });
    const asked: string[][] = [];
    const cached = items(a);
    const page = await cached.getOrSet('page', async () => [...(await readMany(cached, ['k1', 'k2'], noting(asked))).values()]);
    expect(page).toEqual(['row k1', 'row k2']);
    const circle: ManyLoader<string, undefined> = async () => readMany(cached, ['c2'], circle);
    await expect(readMany(cached, ['c1', 'c2'], circle)).rejects.toMatchObject({ code: 'E_LOAD_CYCLE' });
  });
});
