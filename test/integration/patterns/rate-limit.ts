import { createRouter, uncached } from '../../../lambdas/platform';
import type { RedisConnection, RedisConnectionOptions } from '../../../lambdas/runtime';
import {
  type Algorithm,
  consumeAll,
  type Decision,
  RateLimiter,
  type RateLimiterOptions,
} from '../../../lambdas/runtime/patterns/rate-limit';
import { defineRoute } from '../../../lib/route';
import { waitFor } from '../../support/wait-for';
import type { PatternCluster } from './cluster';

const ALGORITHMS: readonly Algorithm[] = ['gcra', 'sliding-window', 'sliding-log', 'fixed-window'];
const DAY = 86_400;

export function cases(shared: () => PatternCluster): void {
  const namespace = 'rate-limit';
  const connections = new Map<number, RedisConnection>();
  /** Connection of a process, by its number. */
  const processOf = (number: number): RedisConnection => {
    const connection = connections.get(number) ?? shared().connection({ namespace });
    connections.set(number, connection);
    return connection;
  };
  let skewedConnections: RedisConnection[] | undefined;
  /** Connections of processes whose clocks are two seconds apart. */
  const skewed = (): RedisConnection[] => {
    const clocks = [-2000, 0, 2000].map((skew) => ({ now: () => Date.now() + skew, sleep: async () => {} }));
    skewedConnections ??= clocks.map((clock) => shared().connection({ namespace, clock }));
    return skewedConnections;
  };
  let process = 0;
  /** Limiter of a process: each has a memory of its own. */
  const limiter = (options: Partial<RateLimiterOptions>, connection?: Partial<RedisConnectionOptions>): RateLimiter =>
    new RateLimiter({
      connection: connection ? shared().connection({ namespace, ...connection }) : processOf(process++ % 4),
      name: 'api',
      algorithm: 'sliding-window',
      limit: 10,
      windowSeconds: DAY,
      onUnavailable: 'deny',
      ...options,
    });
  const keyOf = (algorithm: Algorithm, id: string) =>
    `${namespace}:${algorithm === 'sliding-log' ? 'rg' : 'rl'}:api:{${algorithm}-${id}}`;
  const admitted = (decisions: readonly Decision[]) => decisions.filter(({ allowed }) => allowed).length;
  const stateOf = async (key: string) => {
    const client = shared().client();
    const value = (await client.type(key)) === 'list' ? await client.lrange(key, 0, -1) : await client.getBuffer(key);
    return [value, await client.pexpiretime(key)];
  };

  test.each(ALGORITHMS)('%s admits the limit of what comes at once from many processes, and no more', async (algorithm) => {
    const limiters = Array.from({ length: 4 }, () => limiter({ algorithm, limit: 40 }));
    const decisions = await Promise.all(Array.from({ length: 160 }, (_, i) => limiters[i % 4]!.consume(`${algorithm}-burst`)));
    expect(decisions.map(({ source }) => source).filter((source) => source !== 'shared' && source !== 'memory')).toEqual([]);
    expect(admitted(decisions)).toBe(40);
    expect(Math.min(...decisions.filter(({ allowed }) => allowed).map(({ remaining }) => remaining))).toBe(0);
  });

  test.each(ALGORITHMS)("%s doesn't count what it denies, nor keep it longer for it", async (algorithm) => {
    const id = `${algorithm}-denied`;
    await limiter({ algorithm }).consume(id, { cost: 10 });
    const before = await stateOf(keyOf(algorithm, 'denied'));
    const decisions = await Promise.all(Array.from({ length: 5 }, () => limiter({ algorithm }).consume(id)));
    expect(decisions).toEqual(decisions.map(() => expect.objectContaining({ allowed: false, source: 'shared', remaining: 0 })));
    expect(await stateOf(keyOf(algorithm, 'denied'))).toEqual(before);
  });

  test.each(ALGORITHMS)('%s holds over every window, whatever the clocks of processes say', async (algorithm) => {
    const [limit, windowSeconds, burst] = [10, 0.1, 5];
    const limiters = skewed().map((connection) =>
      limiter({ connection, algorithm, limit, windowSeconds, ...(algorithm === 'gcra' && { burst }) }),
    );
    const journal: { sent: number; received: number }[] = [];
    while (journal.length <= 2 * limit) {
      await Promise.all(
        Array.from({ length: 8 }, async (_, i) => {
          const sent = performance.now();
          const { allowed } = await limiters[i % 3]!.consume(`${algorithm}-held`);
          if (allowed) journal.push({ sent, received: performance.now() });
        }),
      );
    }
    // What certainly was within a window: a fixed one holds for the aligned windows only, of which any window overlaps two.
    const most = algorithm === 'fixed-window' ? 2 * limit : algorithm === 'gcra' ? burst + limit : limit;
    const within = journal.map(
      ({ sent: from }) => journal.filter((each) => each.sent >= from && each.received <= from + windowSeconds * 1000).length,
    );
    expect(Math.max(...within)).toBeLessThanOrEqual(most);
  });

  test.each(ALGORITHMS)('%s says when a request that it denies can be admitted', async (algorithm) => {
    const id = `${algorithm}-again`;
    const options = { algorithm, limit: 4, windowSeconds: 0.2 };
    const from = performance.now();
    const first = limiter(options);
    await waitFor('a denial', async () => !(await first.consume(id)).allowed, { everyMs: 1 });
    const { retryAfterMs } = await limiter(options).peek(id);
    const asked = performance.now();
    await waitFor('an admission', async () => (await first.consume(id)).allowed, { everyMs: 1 });
    const waited = performance.now() - asked;
    expect(waited).toBeGreaterThanOrEqual(Math.min(retryAfterMs, 200 - (asked - from)) - 60);
    expect(retryAfterMs).toBeLessThanOrEqual(221);
  });

  test.each(ALGORITHMS)('%s gives back what was taken where another limit denies', async (algorithm) => {
    const [roomy, full] = [limiter({ algorithm }), limiter({ algorithm, name: 'full', limit: 1 })];
    const id = `${algorithm}-all`;
    const both = (): Promise<Decision> => consumeAll([roomy.of(id, { cost: 3 }), full.of(id)]);
    expect(await both()).toMatchObject({ allowed: true, name: 'full', remaining: 0 });
    const { remaining } = await roomy.peek(id);
    for (let i = 0; i < 5; i++) expect(await both()).toMatchObject({ allowed: false, name: 'full' });
    expect(remaining).toBe(7);
    expect((await roomy.peek(id)).remaining).toBe(7);
  });

  test('what is given back late is given back as far as time has not done so', async () => {
    const [one, two] = [limiter({ algorithm: 'gcra' }), limiter({ algorithm: 'gcra' })];
    const id = 'gcra-late';
    const idle = await one.of(id, { cost: 2 }).take();
    const busy = await one.of(id, { cost: 3 }).take();
    await two.consume(id);
    // The first came to an idle limit: what it took may have hidden time that others have used since.
    await idle.giveBack();
    expect((await two.peek(id)).remaining).toBe(4);
    await busy.giveBack();
    expect((await two.peek(id)).remaining).toBe(7);
  });

  test.each([
    'sliding-window',
    'fixed-window',
  ] as const)('leases of %s take less of the tier and never more of the limit', async (algorithm) => {
    const limiters = Array.from({ length: 3 }, () => limiter({ algorithm, limit: 100, leaseSize: 20 }));
    const decisions = await Promise.all(Array.from({ length: 300 }, (_, i) => limiters[i % 3]!.consume(`${algorithm}-leased`)));
    expect(admitted(decisions)).toBe(100);
    expect(decisions.filter(({ allowed, source }) => allowed && source === 'shared').length).toBeLessThanOrEqual(15);
  });

  test('a lease ends with the time that it counts for', async () => {
    let now = Date.now();
    const leasing = limiter({ leaseSize: 5 }, { clock: { now: () => now, sleep: async () => {} } });
    await leasing.consume('lease-ends');
    expect((await leasing.consume('lease-ends')).source).toBe('memory');
    now += (DAY / 10) * 1000;
    expect(await leasing.consume('lease-ends')).toMatchObject({ source: 'shared', remaining: 4 });
  });

  test('a denied key costs no round trip for a second, and no longer than it is denied', async () => {
    let now = Date.now();
    const clock = { now: () => now, sleep: async () => {} };
    const remembering = limiter({}, { clock });
    await remembering.consume('remembered', { cost: 10 });
    const denied = await remembering.consume('remembered', { cost: 2 });
    expect(denied.source).toBe('shared');
    now += 400;
    expect(await remembering.consume('remembered', { cost: 3 })).toEqual({
      ...denied,
      source: 'memory',
      retryAfterMs: denied.retryAfterMs - 400,
      resetAfterMs: denied.resetAfterMs - 400,
    });
    // A smaller cost and a larger limit may fit.
    expect((await remembering.consume('remembered')).source).toBe('shared');
    expect(await remembering.consume('remembered', { limit: 11 })).toMatchObject({ source: 'shared', allowed: true });
    now += 1000;
    expect((await remembering.consume('remembered', { cost: 2 })).source).toBe('shared');
  });

  test.each([
    ['gcra', 10, 150],
    ['fixed-window', 10, 150],
    ['sliding-window', 10, 200],
    ['sliding-log', 10, 300],
    ['sliding-log', 1000, 12_000],
  ] as const)('a key of %s with a limit of %i takes less than %i bytes', async (algorithm, limit, bytes) => {
    await limiter({ algorithm, limit }).consume(`${algorithm}-bytes-${limit}`, { cost: limit });
    const used = await shared()
      .client()
      .memory('USAGE', keyOf(algorithm, `bytes-${limit}`));
    expect(used).toBeLessThan(bytes);
  });

  test('a reset forgets what was taken', async () => {
    const limits = limiter({});
    await limits.consume('reset', { cost: 10 });
    expect((await limits.consume('reset')).allowed).toBe(false);
    await limits.reset('reset');
    expect(await limits.consume('reset')).toMatchObject({ allowed: true, remaining: 9 });
  });

  test.each([
    'sliding-window',
    'fixed-window',
  ] as const)('%s counts on where the clock of a server went back', async (algorithm) => {
    const window = DAY * 1e6;
    const width = algorithm === 'fixed-window' ? window : window / 10;
    const later = Math.floor((Date.now() * 1000) / width) + 3;
    const stored = Buffer.alloc(algorithm === 'fixed-window' ? 16 : 52);
    stored.writeDoubleLE(later, 0);
    if (algorithm === 'fixed-window') stored.writeDoubleLE(9, 8);
    else stored.writeUInt32LE(9, 8);
    await shared().client().set(keyOf(algorithm, 'back'), stored, 'EX', 60);
    const limits = limiter({ algorithm });
    const decisions = [await limits.consume(`${algorithm}-back`), await limits.consume(`${algorithm}-back`)];
    expect(decisions.map(({ allowed, source }) => [allowed, source])).toEqual([
      [true, 'shared'],
      [false, 'shared'],
    ]);
    expect(decisions[1]!.retryAfterMs).toBeLessThanOrEqual(DAY * 1100);
  });

  test('a route with a limit has one across the processes that answer it', async () => {
    const limit = { requests: 3, windowSeconds: DAY, by: 'address', onUnavailable: 'deny' } as const;
    const route = defineRoute({ name: 'limited', path: '/limited', limit });
    const endpoints = [{ route, GET: async () => uncached(200, {}) }];
    const routers = [0, 1].map((number) => createRouter(endpoints, { connection: processOf(number) }));
    const requestContext = { identity: { sourceIp: '203.0.113.9' } };
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await routers[i % 2]!({ httpMethod: 'GET', path: '/limited', requestContext }));
    expect(answers.map(({ statusCode, headers }) => [statusCode, headers.ratelimit?.replace(/t=.*/, '')])).toEqual([
      [200, '"route-limited";r=2;'],
      [200, '"route-limited";r=1;'],
      [200, '"route-limited";r=0;'],
      [429, '"route-limited";r=0;'],
    ]);
  });

  test('no key of it lives for ever', async () => {
    expect(await shared().keysWithoutTtl(namespace)).toEqual([]);
  });
}
