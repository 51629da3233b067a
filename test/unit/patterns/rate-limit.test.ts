import { RedisConnection } from '../../../lambdas/runtime';
import { type Decision, limitHeaders, RateLimiter, type RateLimiterOptions } from '../../../lambdas/runtime/patterns/rate-limit';
import { LocalLimiter } from '../../../lambdas/runtime/patterns/rate-limit/local-limiter';
import { Recent } from '../../../lambdas/runtime/patterns/rate-limit/recent';

const decision: Decision = {
  name: 'api',
  allowed: true,
  limit: 100,
  windowSeconds: 60,
  remaining: 50,
  retryAfterMs: 0,
  resetAfterMs: 29_001,
  source: 'shared',
};

describe('the headers of a limit', () => {
  test('tell the policy, what is left and until when', () => {
    expect(limitHeaders(decision)).toEqual({ 'ratelimit-policy': '"api";q=100;w=60', ratelimit: '"api";r=50;t=30' });
  });

  test('tell who was denied when to come again, in whole seconds of at least one', () => {
    const denied = { ...decision, allowed: false, remaining: 0, retryAfterMs: 20 };
    expect(limitHeaders(denied)).toMatchObject({ ratelimit: '"api";r=0;t=1', 'retry-after': '1' });
    expect(limitHeaders({ ...denied, retryAfterMs: 2001 })).toMatchObject({ ratelimit: '"api";r=0;t=3', 'retry-after': '3' });
  });

  test('tell nothing of what is left where nobody knows it', () => {
    expect(Object.keys(limitHeaders({ ...decision, source: 'unavailable' }, { legacy: true }))).toEqual([
      'ratelimit-policy',
      'x-ratelimit-limit',
    ]);
  });

  test('have those of before the draft where asked for', () => {
    expect(limitHeaders(decision, { legacy: true })).toMatchObject({
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': '50',
      'x-ratelimit-reset': '30',
    });
  });
});

describe('a limiter of one process', () => {
  test('admits the limit in a window that begins with the first request', () => {
    const limiter = new LocalLimiter(1000);
    expect([0, 1, 2].map((at) => limiter.take('k', 1, 2, at).allowed)).toEqual([true, true, false]);
    expect(limiter.take('other', 1, 2, 2).allowed).toBe(true);
    expect(limiter.take('k', 1, 2, 999)).toEqual({ allowed: false, remaining: 0, endsInMs: 1 });
    expect(limiter.take('k', 1, 2, 1000)).toEqual({ allowed: true, remaining: 1, endsInMs: 1000 });
  });

  test('takes back what it admitted', () => {
    const limiter = new LocalLimiter(1000);
    limiter.take('k', 2, 2, 0);
    limiter.giveBack('k', 2);
    expect(limiter.take('k', 2, 2, 1).allowed).toBe(true);
  });
});

test('a process remembers a bounded number of keys, those that were set last', () => {
  const recent = new Recent<number>();
  for (let i = 0; i < 10_000; i++) recent.set(`${i}`, i);
  recent.set('0', 0);
  recent.set('new', 1);
  expect([recent.get('0'), recent.get('1'), recent.get('2'), recent.get('new')]).toEqual([0, undefined, 2, 1]);
});

describe('a limiter refuses', () => {
  const connection = new RedisConnection({ namespace: 'limits', endpoint: 'localhost:1', report: () => {} });
  afterAll(() => connection.close());
  const options: RateLimiterOptions = {
    connection,
    name: 'api',
    algorithm: 'gcra',
    limit: 10,
    windowSeconds: 1,
    onUnavailable: 'deny',
  };

  test.each<[string, object]>([
    ['\'name\' must be lower case letters, digits and dashes, got: "A b"', { name: 'A b' }],
    [
      '\'algorithm\' must be one of gcra, sliding-window, sliding-log, fixed-window, got: "constructor"',
      { algorithm: 'constructor' },
    ],
    ["'onUnavailable' must be one of allow, deny, local, got: undefined", { onUnavailable: undefined }],
    ["'limit' must be a whole number from 1 to 1000000000, got: 0", { limit: 0 }],
    ["'limit' must be a whole number from 1 to 1000, got: 1001", { algorithm: 'sliding-log', limit: 1001 }],
    [
      "'limit' must be a whole number from 1 to 999999999999999, got: 1000000000000000",
      { algorithm: 'fixed-window', limit: 1e15 },
    ],
    ["'windowSeconds' must be a number from 0.01 to 34560000, got: 0", { windowSeconds: 0 }],
    ["'burst' must be left out unless 'algorithm' is 'gcra', got: 2", { algorithm: 'fixed-window', burst: 2 }],
    ["'localShare' must be a number from 0 to 1, got: 2", { localShare: 2 }],
    ["'leaseSize' must be 1 unless 'algorithm' is a window, got: 5", { leaseSize: 5 }],
  ])('%s', (message, wrong) => {
    expect(() => new RateLimiter({ ...options, ...wrong })).toThrow(message);
  });

  test('a cost or a limit of a request that is no number of requests', async () => {
    const limiter = new RateLimiter(options);
    await expect(limiter.consume('k', { cost: 0.5 })).rejects.toThrow("'cost' must be a whole number of at least 1, got: 0.5");
    await expect(limiter.consume('k', { limit: -1 })).rejects.toThrow(
      "'limit' must be a whole number from 0 to 1000000000, got: -1",
    );
    await expect(limiter.consume('')).rejects.toThrow('must be a text');
  });

  test('a cost above the limit, and everything at a limit of 0, without asking anybody', async () => {
    const limiter = new RateLimiter(options);
    expect(await limiter.consume('k', { cost: 11 })).toMatchObject({ allowed: false, source: 'memory', retryAfterMs: 1000 });
    expect(await limiter.peek('k', { limit: 0 })).toMatchObject({ allowed: false, limit: 0, source: 'memory' });
  });
});
