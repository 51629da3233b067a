import { functionTiers } from '../../../local/console/cache-status';
import { Requests } from '../../../local/console/requests';
import type { EdgeAnswer, GatewayAnswer } from '../../../local/observations';

const API_REQUEST = 'x-amzn-RequestId';
const LOADED = 'shared; fwd=miss; stored, memory; fwd=miss';

function edge(
  parts: Partial<Omit<EdgeAnswer, 'object'>> & { object?: Partial<NonNullable<EdgeAnswer['object']>> } = {},
): EdgeAnswer {
  const { object, ...rest } = parts;
  return {
    kind: 'edge',
    requestId: 'e1',
    at: 10_000,
    ms: 20,
    distributionId: 'E1',
    method: 'GET',
    path: '/products/1',
    query: '',
    status: 200,
    result: 'Miss',
    fromOrigin: true,
    object: {
      key: '/products/1',
      headers: [API_REQUEST, 'g1', 'Cache-Status', LOADED],
      tags: ['product:1'],
      bytes: 10,
      storedAt: 10_018,
      freshUntil: 70_018,
      ...object,
    },
    ...rest,
  };
}

function gateway(parts: Partial<GatewayAnswer> = {}): GatewayAnswer {
  return {
    kind: 'gateway',
    requestId: 'g1',
    at: 10_002,
    ms: 15,
    restApiId: 'api',
    stage: 'live',
    method: 'GET',
    path: '/products/1',
    query: '',
    status: 200,
    fromEdge: true,
    headers: [['Cache-Status', LOADED]],
    cache: 'miss',
    key: 'k1',
    madeAt: 10_003,
    functionArn: 'arn:aws:lambda:eu-west-1:0:function:reader',
    invocationId: 'f1',
    ...parts,
  };
}

const invocation = {
  kind: 'invocation',
  requestId: 'f1',
  at: 10_003,
  ms: 12,
  functionArn: 'arn',
  cold: true,
  failed: false,
} as const;

/** An answer that comes from the edge's store. */
const stored = (parts: Parameters<typeof edge>[0] = {}) =>
  edge({ fromOrigin: false, result: 'Hit', requestId: 'e2', at: 15_000, ...parts });

test('a request through all tiers shows each, with its time, its key and its reason', () => {
  const requests = new Requests();
  requests.add(invocation);
  expect(requests.add(gateway())).toBeUndefined();
  const row = requests.add(edge());
  expect(row).toMatchObject({
    seq: 1,
    asked: 'edge',
    answeredBy: 'database',
    madeAt: 10_003,
    madeBy: 'database',
    tags: ['product:1'],
  });
  expect(row?.steps).toEqual([
    expect.objectContaining({ at: 'edge', outcome: 'miss', why: 'not asked for before', key: '/products/1', afterMs: 0, ms: 20 }),
    expect.objectContaining({ at: 'gateway', outcome: 'miss', why: 'not asked for before', key: 'k1', afterMs: 2, ms: 15 }),
    expect.objectContaining({ at: 'function', outcome: 'ran', name: 'reader', id: 'f1', afterMs: 3, ms: 12 }),
    { at: 'memory', outcome: 'miss' },
    { at: 'shared', outcome: 'miss', why: 'stored what was loaded' },
    { at: 'database', outcome: 'hit', why: 'the system of record' },
  ]);
});

test('a hit at the edge goes no further, and is as old as its content', () => {
  const requests = new Requests();
  requests.add(gateway());
  requests.add(edge());
  const row = requests.add(stored());
  expect(row).toMatchObject({ answeredBy: 'edge', madeAt: 10_003 });
  expect(row?.steps).toEqual([
    expect.objectContaining({ at: 'edge', outcome: 'hit', why: 'stored 5.0 s before; fresh for 55 s' }),
  ]);
});

test('a hit in the stage cache keeps the age of the invocation that made it, whatever its stored Cache-Status says', () => {
  const requests = new Requests();
  requests.add(gateway({ requestId: 'g2', at: 40_000, cache: 'hit', functionArn: undefined, invocationId: undefined }));
  const row = requests.add(edge({ at: 39_999, object: { headers: [API_REQUEST, 'g2', 'Cache-Status', LOADED] } }));
  expect(row).toMatchObject({ answeredBy: 'gateway', madeAt: 10_003 });
  expect(row?.steps[1]).toMatchObject({ at: 'gateway', outcome: 'hit', why: 'made 30 s before' });
});

describe('the reason of a miss at the edge', () => {
  const missAfter = (between: (requests: Requests) => void, parts: Parameters<typeof edge>[0] = {}) => {
    const requests = new Requests();
    requests.add(edge());
    between(requests);
    return requests.add(edge({ requestId: 'e2', at: 20_000, ...parts }))?.steps[0]?.why;
  };
  const invalidation = { kind: 'invalidation', at: 15_000, invalidationId: 'I1', distributionId: 'E1', dropped: 1 } as const;

  test.each([[['#Product:1']], [['/products/1']], [['/prod*']]])('an invalidation of %p', (items) => {
    expect(missAfter((requests) => requests.add({ ...invalidation, items }))).toBe('dropped by invalidation I1');
  });

  test.each([
    ['other tags', { ...invalidation, items: ['#product:2', '/products/10', '/orders*'] }],
    ['another distribution', { ...invalidation, distributionId: 'E2', items: ['/*'] }],
    ['an earlier object', { ...invalidation, at: 10_000, items: ['/*'] }],
  ])('not an invalidation of %s', (_, other) => {
    expect(missAfter((requests) => requests.add(other))).toBe('no longer kept');
  });

  test('the end of its freshness', () => {
    expect(missAfter(() => undefined, { at: 80_000 })).toBe('expired');
  });

  test('an answer that no cache keeps', () => {
    const requests = new Requests();
    const row = requests.add(edge({ method: 'PUT', object: { key: '', headers: [] } }));
    expect(row?.steps[0]).toMatchObject({ outcome: 'uncached', why: 'the edge keeps no answer to this PUT' });
    expect(row?.answeredBy).toBe('origin');
  });
});

test.each([
  [
    'a flush',
    [{ kind: 'flush', at: 12_000, restApiId: 'api', stage: 'live', dropped: 1 } as const],
    'the stage cache was flushed',
  ],
  ['a flush of another stage', [{ kind: 'flush', at: 12_000, restApiId: 'api', stage: 'other', dropped: 1 } as const], 'expired'],
  ['nothing', [], 'expired'],
])('the reason of a miss in the stage cache after %s', (_, between, why) => {
  const requests = new Requests();
  requests.add(gateway());
  for (const each of between) requests.add(each);
  const row = requests.add(gateway({ requestId: 'g2', at: 20_000, fromEdge: false }));
  expect(row?.steps[0]).toMatchObject({ at: 'gateway', outcome: 'miss', why });
});

test('stale answers of the edge say why they were given', () => {
  const requests = new Requests();
  const why = (parts: Parameters<typeof edge>[0]) => requests.add(stored(parts))?.steps[0];
  expect(why({ at: 80_000 })).toMatchObject({ outcome: 'stale', why: 'stored 70 s before; served while it is fetched anew' });
  expect(why({ at: 80_000, result: 'RefreshHit' })).toMatchObject({
    outcome: 'stale',
    why: 'stored 70 s before; the origin failed',
  });
  expect(why({ at: 10_000 })).toMatchObject({ outcome: 'hit', why: "shared another request's fetch" });
  expect(requests.add(edge({ result: 'RefreshHit' }))?.answeredBy).toBe('edge');
});

test('a refusal is no answer of a cache', () => {
  const requests = new Requests();
  const { object: _, ...refused } = edge({ status: 403, result: 'Error', fromOrigin: false });
  expect(requests.add(refused)).toMatchObject({
    answeredBy: 'refused',
    steps: [{ outcome: 'refused', why: 'it answered 403 by itself' }],
  });
  const direct = gateway({
    fromEdge: false,
    status: 403,
    cache: 'off',
    key: undefined,
    functionArn: undefined,
    madeAt: undefined,
  });
  expect(requests.add(direct)).toMatchObject({ asked: 'gateway', answeredBy: 'refused' });
});

test.each([
  ['memory; hit; ttl=3', 'memory', ['memory hit']],
  ['shared; hit; ttl=-1, memory; fwd=miss; collapsed', 'shared', ['memory miss', 'shared stale']],
  [
    'shared; fwd=bypass; detail=shared-unavailable, memory; fwd=miss',
    'database',
    ['memory miss', 'shared bypass', 'database hit'],
  ],
  ['"a, b"; hit, shared; hit; ttl=9, memory; fwd=miss', 'shared', ['memory miss', 'shared hit']],
  ['SomeCDN; hit', undefined, undefined],
])('Cache-Status: %s', (header, tier, steps) => {
  const found = functionTiers(header);
  expect([found?.tier, found?.steps.map(({ at, outcome }) => `${at} ${outcome}`)]).toEqual([tier, steps]);
});

test('a hit has the trace of the request that made its content, and so has that request', () => {
  const requests = new Requests();
  requests.add({ ...invocation, pid: 42 } as never);
  requests.add(gateway({ traceId: 'Root=1-a-b' }));
  const miss = requests.add(edge());
  const hit = requests.add(edge({ requestId: 'e2', at: 11_000, result: 'Hit', fromOrigin: false }));
  expect([miss?.traceId, hit?.traceId]).toEqual(['Root=1-a-b', 'Root=1-a-b']);
  expect(miss?.steps.find(({ at }) => at === 'function')?.pid).toBe(42);
  expect(requests.add(gateway({ requestId: 'g3', fromEdge: false, traceId: 'Root=1-c-d' }))?.traceId).toBe('Root=1-c-d');
});
