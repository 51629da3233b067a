import { type Cache, CacheError, type LoadContext, type Loader } from '../../../lambdas/runtime';
import { OneValue, platform } from '../../support/cache-processes';
import { settled } from '../../support/fake-clock';

const freshness = { memoryTtlSeconds: 0, sharedTtlSeconds: 600 };

function namespaces(cache: Cache<undefined>) {
  return cache.namespace('page', { freshness });
}

/** Loads whose keys name what they read: 'a' is a leaf, 'b>a' reads 'a'. */
function reader(pages: ReturnType<typeof namespaces>, parts: Readonly<Record<string, readonly string[]>>) {
  const load: Loader<string, undefined> = async (_, { key }) => {
    const read = await Promise.all((parts[key] ?? []).map((part) => pages.getOrSet(part, load)));
    return `${key}(${read.join()})`;
  };
  return load;
}

describe('loads within loads', () => {
  test.each([
    ['the shared tier', {}],
    ['memory only', { shared: undefined }],
  ])('of as many pages as may be loaded at once, and more, none waits for ever: %s', async (_, options) => {
    const { process } = platform({ fallbackConcurrency: 2, ...options } as object);
    const pages = process().namespace('page', {
      freshness: { memoryTtlSeconds: 60, sharedTtlSeconds: 'shared' in options ? 0 : 600 },
    });
    const load = reader(pages, Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`p${i}`, [`q${i}`]])));
    const read = await Promise.all(Array.from({ length: 20 }, (_, i) => pages.getOrSet(`p${i}`, load)));
    expect(read[19]).toBe('p19(q19())');
  });

  test('pass where the shared tier is down', async () => {
    const { process, store } = platform({ fallbackConcurrency: 2 });
    store.before = () => {
      throw new CacheError('E_SHARED_UNAVAILABLE', 'down');
    };
    const pages = namespaces(process());
    const load = reader(pages, { p1: ['q'], p2: ['q'], p3: ['q'] });
    expect(await Promise.all(['p1', 'p2', 'p3'].map((key) => pages.getOrSet(key, load)))).toEqual([
      'p1(q())',
      'p2(q())',
      'p3(q())',
    ]);
  });

  test('a loader that reads its own key, directly or through others, fails with the keys', async () => {
    const { process } = platform();
    const pages = namespaces(process());
    const load = reader(pages, { self: ['self'], a: ['b'], b: ['a'] });
    await expect(pages.getOrSet('self', load)).rejects.toMatchObject({ code: 'E_LOAD_CYCLE', message: /'self' -> 'self'/ });
    await expect(pages.getOrSet('a', load)).rejects.toMatchObject({ code: 'E_LOAD_CYCLE', message: /'a' -> 'b' -> 'a'/ });
  });

  test('two loads that read each other, side by side, end', async () => {
    const { process, clock } = platform({ waitMs: 50 });
    const pages = namespaces(process());
    const load = reader(pages, { a: ['b'], b: ['a'] });
    const both = Promise.allSettled([pages.getOrSet('a', load), pages.getOrSet('b', load)]);
    let ended = false;
    void both.finally(() => {
      ended = true;
    });
    for (let i = 0; i < 100 && !ended; i++) await clock.advance(20);
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  test('are not more at once than are allowed, where none reads another', async () => {
    const { process } = platform({ fallbackConcurrency: 3 });
    const pages = namespaces(process());
    let running = 0;
    let most = 0;
    const load = async () => {
      most = Math.max(most, ++running);
      await settled();
      running--;
      return 1;
    };
    await Promise.all(Array.from({ length: 30 }, (_, i) => pages.getOrSet(`${i}`, load)));
    expect(most).toBe(3);
  });

  test('what a loader leaves behind when it ends is no part of it', async () => {
    const { process } = platform();
    const pages = namespaces(process());
    let later: Promise<unknown> | undefined;
    await pages.getOrSet('a', async () => {
      later = settled()
        .then(settled)
        .then(() => pages.getOrSet('a', async () => 'again'));
      return 'first';
    });
    await expect(later).resolves.toBe('first');
  });
});

describe('a load that takes too long', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const never = () => new Promise<string>(() => {});

  test('fails for all who wait, aborts its signal, and makes room for others', async () => {
    const { process } = platform({ fallbackConcurrency: 1, loadTimeoutMs: 500 });
    const pages = namespaces(process());
    let context: LoadContext | undefined;
    const hangs = [0, 1].map(() =>
      pages.getOrSet('a', (_, given) => {
        context = given;
        return never();
      }),
    );
    const ends = Promise.allSettled(hangs);
    await settled();
    const other = pages.getOrSet('b', async () => 'b');
    await settled();
    jest.advanceTimersByTime(500);
    for (const end of await ends) expect(end).toMatchObject({ status: 'rejected', reason: { code: 'E_LOAD_TIMEOUT' } });
    expect(context?.signal.aborted).toBe(true);
    await expect(other).resolves.toBe('b');
    await expect(pages.getOrSet('a', async () => 'a')).resolves.toBe('a');
  });

  test('leaves its readers a stale value, where the policy allows it', async () => {
    const { process, clock } = platform({ loadTimeoutMs: 500 });
    const pages = process().namespace('page', { freshness: { ...freshness, staleIfErrorSeconds: 3600 } });
    await pages.getOrSet('a', async () => 'old');
    await clock.advance(700_000);
    const read = pages.read('a', never);
    await settled();
    await settled();
    jest.advanceTimersByTime(500);
    expect(await read).toMatchObject({ value: 'old', outcome: { status: 'stale', reason: 'load-failed' } });
  });

  test('a purge whose version nobody gives ends, too', async () => {
    class Silent extends OneValue {
      override current = never;
    }
    const { process } = platform({ source: new Silent(), loadTimeoutMs: 500 });
    const purge = expect(namespaces(process()).delete('a')).rejects.toMatchObject({ code: 'E_LOAD_TIMEOUT' });
    await settled();
    jest.advanceTimersByTime(500);
    await purge;
  });
});
