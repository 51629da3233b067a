import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Cache, RedisStore } from '../../../lambdas/runtime';
import { type Clock, systemClock } from '../../../lambdas/runtime/clock';
import {
  Upstream,
  type UpstreamCall,
  type UpstreamOptions,
  UpstreamUnavailable,
} from '../../../lambdas/runtime/patterns/upstream';
import { TimeVersions } from '../../../lambdas/runtime/versions/time';
import { waitFor } from '../../support/wait-for';
import type { PatternCluster } from './cluster';

/** Answer of the server at a path. */
interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly hangs?: boolean;
}

export function cases(shared: () => PatternCluster): void {
  const namespace = 'upstream';
  const answers = new Map<string, Answer>();
  const seen: { readonly path: string; readonly etag: string | undefined }[] = [];
  const server = http.createServer(({ url = '', headers }, response) => {
    seen.push({ path: url, etag: headers['if-none-match'] });
    const { status = 200, headers: own = {}, body = { path: url }, hangs } = answers.get(url) ?? {};
    if (hangs) return;
    const confirmed = own.etag !== undefined && own.etag === headers['if-none-match'];
    response.writeHead(confirmed ? 304 : status, own);
    response.end(confirmed ? undefined : JSON.stringify(body));
  });
  let base: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  let now = Date.now();
  const fakeClock: Clock = { now: () => now, sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) };
  const upstreamOf = (options: Partial<UpstreamOptions<undefined>> = {}, clock: Clock = fakeClock): Upstream<undefined> => {
    const connection = shared().connection({ namespace, clock });
    const cache = new Cache({
      shared: new RedisStore(connection),
      source: new TimeVersions({ primary: undefined, clock }),
      clock,
    });
    const freshness = { memoryTtlSeconds: 0, sharedTtlSeconds: 1800, staleIfErrorSeconds: 86_400 };
    return new Upstream({ cache, connection, name: 'weather', freshness, ...options });
  };
  const calls = (path: string) => seen.filter((each) => each.path === path).length;
  const get =
    (path: string): UpstreamCall =>
    (signal, { etag }) =>
      fetch(`${base}${path}`, { signal, headers: etag === undefined ? {} : { 'if-none-match': etag } });

  test('is called once for all processes, for as long as the response is fresh', async () => {
    const [one, two] = [upstreamOf(), upstreamOf()];
    const got = await Promise.all(Array.from({ length: 20 }, (_, i) => [one, two][i % 2]!.fetch('once', get('/once'))));
    expect(got.map(({ value }) => value)).toEqual(got.map(() => ({ path: '/once' })));
    expect((await one.fetch('once', get('/once'))).outcome.tier).toBe('shared');
    expect(calls('/once')).toBe(1);
  });

  test('a response that says how long it is fresh is fresh for that long, less its age', async () => {
    const upstream = upstreamOf();
    answers.set('/short', { headers: { 'cache-control': 'max-age=60', age: '20' } });
    await upstream.fetch('short', get('/short'));
    now += 39_000;
    await upstream.fetch('short', get('/short'));
    expect(calls('/short')).toBe(1);
    now += 2000;
    await Promise.all([upstream.fetch('short', get('/short')), upstreamOf().fetch('short', get('/short'))]);
    expect(calls('/short')).toBeLessThanOrEqual(3);
    const before = calls('/short');
    await upstream.fetch('short', get('/short'));
    expect(calls('/short')).toBe(before);
  });

  test('what a process has in memory does not make it call again for what another one has called for', async () => {
    // By the servers' time, which every process sees alike.
    const upstreams = [1, 2, 3].map(() =>
      upstreamOf({ freshness: { memoryTtlSeconds: 600, sharedTtlSeconds: 1800 } }, systemClock),
    );
    const fetchAll = () => Promise.all(upstreams.map((upstream) => upstream.fetch('remembered', get('/remembered'))));
    answers.set('/remembered', { headers: { 'cache-control': 'max-age=1' }, body: 'old' });
    await fetchAll();
    expect(calls('/remembered')).toBe(1);
    answers.set('/remembered', { headers: { 'cache-control': 'max-age=60' }, body: 'new' });
    const first = async () => (await upstreams[0]!.fetch('remembered', get('/remembered'))).value === 'new';
    await waitFor('the end of the first response', first);
    expect((await fetchAll()).map(({ value }) => value)).toEqual(['new', 'new', 'new']);
    expect(calls('/remembered')).toBe(2);
  });

  test('what is stale while it is called for is called for once', async () => {
    const freshness = { memoryTtlSeconds: 0, sharedTtlSeconds: 1800, staleWhileRevalidateSeconds: 600 };
    const upstream = upstreamOf({ freshness }, systemClock);
    answers.set('/slow', { headers: { 'cache-control': 'max-age=0' }, body: 1 });
    await upstream.fetch('slow', get('/slow'));
    answers.set('/slow', { headers: { 'cache-control': 'max-age=60' }, body: 2 });
    let answer = () => {};
    const answering = new Promise<void>((resolve) => (answer = resolve));
    const called: string[] = [];
    const slowly: UpstreamCall = async (...args) => {
      called.push('/slow');
      await answering;
      return get('/slow')(...args);
    };
    const first = upstream.fetch('slow', slowly);
    await waitFor('its call', () => called.length > 0);
    for (let i = 0; i < 2; i++) {
      expect(await upstream.fetch('slow', slowly)).toMatchObject({ value: 1, outcome: { status: 'stale' } });
    }
    answer();
    expect((await first).value).toBe(2);
    expect((await upstream.fetch('slow', slowly)).value).toBe(2);
    expect(called).toHaveLength(1);
  });

  test('what is confirmed by 304 is the value that was there, fresh again', async () => {
    const upstream = upstreamOf();
    answers.set('/tagged', { headers: { etag: '"1"', 'cache-control': 'max-age=10' } });
    const first = await upstream.fetch('tagged', get('/tagged'));
    now += 11_000;
    expect((await upstream.fetch('tagged', get('/tagged'))).value).toEqual(first.value);
    expect(seen.filter(({ path }) => path === '/tagged').map(({ etag }) => etag)).toEqual([undefined, '"1"']);
    await upstream.fetch('tagged', get('/tagged'));
    expect(calls('/tagged')).toBe(2);
  });

  test.each(['no-store', 'private'])('a %s response is handed on and not kept', async (directive) => {
    const upstream = upstreamOf();
    const path = `/${directive}`;
    answers.set(path, { headers: { 'cache-control': `${directive}, max-age=60` }, body: { secret: 's3cret' } });
    expect((await upstream.fetch(directive, get(path))).value).toEqual({ secret: 's3cret' });
    expect((await upstream.fetch(directive, get(path))).value).toEqual({ secret: 's3cret' });
    expect(calls(path)).toBe(2);
    const stored = await shared().asAdministrators((masters) =>
      Promise.all(
        masters.map(async ({ redis }) => Promise.all((await redis.keys(`${namespace}:v:*`)).map((key) => redis.get(key)))),
      ),
    );
    expect(JSON.stringify(stored)).not.toContain('s3cret');
  });

  test('one that fails is answered by what was there, and without that by an error that says when to ask again', async () => {
    const upstream = upstreamOf();
    answers.set('/failing', { headers: { 'cache-control': 'max-age=10' } });
    const { value } = await upstream.fetch('failing', get('/failing'));
    answers.set('/failing', { status: 500 });
    now += 11_000;
    expect(await upstream.fetch('failing', get('/failing'))).toMatchObject({ value, outcome: { status: 'stale' } });
    now += 2 * 86_400_000;
    await expect(upstream.fetch('failing', get('/failing'))).rejects.toBeInstanceOf(UpstreamUnavailable);
    await expect(upstream.fetch('never', get('/failing'))).rejects.toMatchObject({
      name: 'UpstreamUnavailable',
      retryAfterSeconds: 1,
    });
  });

  test('an answer that there is none is kept as that', async () => {
    const upstream = upstreamOf();
    answers.set('/none', { status: 404 });
    expect((await upstream.fetch('none', get('/none'))).value).toBeUndefined();
    expect((await upstream.fetch('none', get('/none'))).value).toBeUndefined();
    expect(calls('/none')).toBe(1);
  });

  test('after a 429 every process leaves it alone for as long as it asked', async () => {
    const [one, two] = [upstreamOf({ name: 'resting' }), upstreamOf({ name: 'resting' })];
    answers.set('/busy', { status: 429, headers: { 'retry-after': '30' } });
    await expect(one.fetch('a', get('/busy'))).rejects.toMatchObject({ retryAfterSeconds: 30 });
    const refused = await two.fetch('b', get('/busy')).catch((error) => error);
    expect(refused).toBeInstanceOf(UpstreamUnavailable);
    expect(refused.message).toBe("'resting' rests");
    expect(refused.retryAfterSeconds).toBeGreaterThan(25);
    expect(calls('/busy')).toBe(1);
  });

  test('one that fails again and again rests', async () => {
    const upstream = upstreamOf({ name: 'broken', failuresToOpen: 2, restSeconds: 40 });
    answers.set('/broken', { status: 500 });
    for (const key of ['a', 'b', 'c', 'd']) await expect(upstream.fetch(key, get('/broken'))).rejects.toThrow();
    expect(calls('/broken')).toBe(2);
  });

  test('one that asked for a long rest has it, however often it fails', async () => {
    const upstream = upstreamOf({ name: 'long', failuresToOpen: 1, restSeconds: 5 });
    answers.set('/long', { status: 503, headers: { 'retry-after': '600' } });
    await expect(upstream.fetch('a', get('/long'))).rejects.toMatchObject({ retryAfterSeconds: 600 });
    const refused = await upstream.fetch('b', get('/long')).catch((error) => error);
    expect(refused.retryAfterSeconds).toBeGreaterThan(500);
  });

  test('the budget is of all processes, and what is cached is served beyond it', async () => {
    const budget = { calls: 2, period: 'day' } as const;
    const [one, two] = [upstreamOf({ name: 'dear', budget }), upstreamOf({ name: 'dear', budget })];
    await one.fetch('a', get('/dear'));
    await two.fetch('b', get('/dear'));
    await expect(one.fetch('c', get('/dear'))).rejects.toThrow("the 2 calls of 'dear' in 86400 s are used up");
    expect((await one.fetch('a', get('/dear'))).value).toEqual({ path: '/dear' });
    expect(calls('/dear')).toBe(2);
  });

  test('a call that hangs ends after its time', async () => {
    answers.set('/hangs', { hangs: true });
    await expect(upstreamOf({ timeoutMs: 50 }).fetch('hangs', get('/hangs'))).rejects.toThrow("'weather' failed");
  });

  test('no key of it lives for ever', async () => {
    expect(await shared().keysWithoutTtl(namespace)).toEqual([]);
  });
}
