import * as zlib from 'node:zlib';
import { Collapse, NO_VIEWER } from '../../../local/edge/collapse';
import { compressed } from '../../../local/edge/compression';
import { RefusedHeader } from '../../../local/edge/function-headers';
import { FunctionRuntime } from '../../../local/edge/functions';
import { behavior, cachePolicy } from '../../support/edge';

describe('compression at the edge', () => {
  const both = behavior({ compress: true, cachePolicy: cachePolicy({ acceptGzip: true, acceptBrotli: true }) });
  const body = Buffer.from('a'.repeat(2000));
  const headers = ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', '2000', 'ETag', '"a"'];
  const run = (accept: string, over: { headers?: string[]; body?: Buffer; status?: number; on?: typeof both } = {}) =>
    compressed(
      over.on ?? both,
      { method: 'GET', path: '/', query: '', headers: { 'accept-encoding': accept }, address: '' },
      over.status ?? 200,
      { headers: over.headers ?? headers, body: over.body ?? body },
    );

  test('prefers brotli, and makes the tag weak', () => {
    const packed = run('gzip, br');
    expect(zlib.brotliDecompressSync(packed.body)).toEqual(body);
    expect(packed.headers).toEqual(expect.arrayContaining(['Content-Encoding', 'br', 'ETag', 'W/"a"']));
    expect(zlib.gunzipSync(run('gzip').body)).toEqual(body);
    expect(run('gzip', { headers: [...headers.slice(0, 4), 'ETag', 'a'] }).headers).not.toContain('ETag');
  });

  test.each<[string, Parameters<typeof run>]>([
    ['a viewer that does not take it', ['identity']],
    ['a behaviour that does not', ['gzip', { on: { ...both, compress: false } }]],
    ['a policy that does not', ['gzip', { on: { ...both, cachePolicy: cachePolicy() } }]],
    ['a small body', ['gzip', { body: Buffer.alloc(999) }]],
    ['another type', ['gzip', { headers: ['Content-Type', 'image/png', 'Content-Length', '2000'] }]],
    ['a length that is not declared', ['gzip', { headers: ['Content-Type', 'text/plain'] }]],
    ['what is compressed', ['gzip', { headers: [...headers, 'Content-Encoding', 'gzip'] }]],
    ['another status', ['gzip', { status: 500 }]],
  ])('leaves %s alone', (_, [accept, over]) => {
    expect(run(accept, over).body).toBe(over?.body ?? body);
  });
});

describe('collapsing', () => {
  const gate = () => {
    let open: (shareable: boolean) => void = () => undefined;
    const promise = new Promise<{ shareable: boolean }>((resolve) => {
      open = (shareable) => resolve({ shareable });
    });
    return { promise, open };
  };

  test('requests of one key share a fetch, those of another don’t', async () => {
    const collapse = new Collapse();
    const { promise, open } = gate();
    const fetch = jest.fn(() => promise);
    const all = ['a', 'a', 'a', 'b'].map((key) => collapse.run(key, NO_VIEWER, fetch));
    expect(fetch).toHaveBeenCalledTimes(2);
    open(true);
    expect((await Promise.all(all)).map(({ joined }) => joined)).toEqual([false, true, true, false]);
    expect(collapse.has('a')).toBe(false);
  });

  test('what can’t be shared is fetched by each that waited', async () => {
    const collapse = new Collapse();
    const { promise, open } = gate();
    const fetch = jest.fn(() => promise);
    const all = ['a', 'a', 'a'].map((key) => collapse.run(key, NO_VIEWER, fetch));
    open(false);
    expect((await Promise.all(all)).map(({ joined }) => joined)).toEqual([false, false, false]);
    expect(fetch).toHaveBeenCalledTimes(3);
  });

  test('a failure is told to all, and the next request tries anew', async () => {
    const collapse = new Collapse();
    const fail = () => Promise.reject(new Error('no'));
    const results = await Promise.allSettled([collapse.run('a', NO_VIEWER, fail), collapse.run('a', NO_VIEWER, fail)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(collapse.run('a', NO_VIEWER, async () => ({ shareable: true }))).resolves.toMatchObject({ joined: false });
  });
});

describe('a CloudFront Function', () => {
  const context = { distributionId: 'E1', distributionDomainName: 'e1.cloudfront.net', requestId: 'r' };
  const request = { method: 'GET', path: '/a', query: 'x=1&x=2&y', headers: { cookie: 'c=1', 'x-a': '1' }, address: '192.0.2.1' };
  const run = (code: string) => new FunctionRuntime().viewerRequest({ name: 'test', code }, request, context);

  test('that changes nothing changes nothing', () => {
    expect(run('function handler(event) { return event.request; }')).toEqual(request);
  });

  test('changes the URI, headers and query strings', () => {
    const changed = run(`async function handler(event) {
      var r = event.request; r.uri = '/b'; r.headers['x-ip'] = { value: event.viewer.ip }; delete r.querystring.x; return r;
    }`);
    expect(changed).toMatchObject({ path: '/b', query: 'y', headers: { 'x-ip': '192.0.2.1', 'x-a': '1' } });
  });

  test('answers in place of the origin', () => {
    const code = `function handler() { return { statusCode: 302, headers: { location: { value: '/c' } }, body: 'gone' }; }`;
    expect(run(code)).toEqual({ status: 302, headers: ['location', '/c'], body: Buffer.from('gone') });
  });

  test('keeps names that objects of JavaScript have', () => {
    const strange = {
      ...request,
      query: '__proto__=IT&constructor=1&toString',
      headers: { cookie: '__proto__=x; constructor=y' },
    };
    const changed = new FunctionRuntime().viewerRequest(
      { name: 'test', code: 'function handler(e) { return e.request; }' },
      strange,
      context,
    );
    expect(changed).toMatchObject({ query: strange.query, headers: strange.headers });
    expect(({} as Record<string, unknown>).value).toBeUndefined();
  });

  test('may take long by the clock where it takes little of the processor', () => {
    const cpuUsage = jest.spyOn(process, 'cpuUsage').mockReturnValue({ user: 1000, system: 0 });
    try {
      // As beside busy processes: the first two calls are ended by the clock, and had hardly a millisecond of the processor.
      const code = `var calls = 0; function handler(e) { calls += 1; if (calls < 3) for (;;); return e.request; }`;
      expect(run(code)).toEqual(request);
      expect(cpuUsage).toHaveBeenCalled();
    } finally {
      cpuUsage.mockRestore();
    }
  });

  test.each([
    ['a status that ends no request', '{ statusCode: 103 }', /none of 200 to 599/],
    ['a status that is no whole number', '{ statusCode: 200.5 }', /none of 200 to 599/],
    [
      'a header with a line break',
      "{ statusCode: 200, headers: { a: { value: 'b\\r\\nc: d' } } }",
      /header that can't be sent, 'a'/,
    ],
    ['a URI with a space', "{ uri: '/a b' }", /unencoded/],
    ['a query string with a line break', "{ uri: '/', querystring: { a: { value: '\\n' } } }", /unencoded/],
    ['a cookie with a line break', "{ uri: '/', cookies: { a: { value: '\\n' } } }", /header that can't be sent, 'cookie'/],
  ])('fails when it returns %s', (_, returned, message) => {
    expect(() => run(`function handler() { return ${returned}; }`)).toThrow(message);
  });

  test('has no say in the length of a body', () => {
    const code = `function handler() { return { statusCode: 200, headers: { 'content-length': { value: '5' } } }; }`;
    expect(run(code)).toEqual({ status: 200, headers: [] });
  });

  test.each([
    ["adds a header that is the edge's own", "{ ...e.request, headers: { 'X-Cache': { value: 'Hit' } } }"],
    ['adds one by the beginning of its name', "{ ...e.request, headers: { 'x-edge-a': { value: '1' } } }"],
    ['answers with one', "{ statusCode: 200, headers: { connection: { value: 'close' } } }"],
    ['changes a read-only header', "{ ...e.request, headers: { host: { value: 'other.example.com' } } }"],
    ['answers with a read-only header', "{ statusCode: 200, headers: { via: { value: '1.1 me' } } }"],
  ])('is refused when it %s', (_, returned) => {
    const code = `function handler(e) { return ${returned}; }`;
    const given = { ...request, headers: { ...request.headers, host: 'd1.cloudfront.net' } };
    expect(() => new FunctionRuntime().viewerRequest({ name: 'test', code }, given, context)).toThrow(RefusedHeader);
  });

  test('neither sees nor loses headers that are none of its business', () => {
    const own = { host: 'd1.cloudfront.net', connection: 'keep-alive', 'x-amzn-requestid': '1', a: 'b' };
    const seeing = `function handler(e) { e.request.headers.seen = { value: Object.keys(e.request.headers).join() }; delete e.request.headers.host; return e.request; }`;
    expect(
      new FunctionRuntime().viewerRequest({ name: 'test', code: seeing }, { ...request, headers: own }, context),
    ).toMatchObject({
      headers: { ...own, seen: 'host,a' },
    });
    const response = { status: 200, headers: ['x-amzn-RequestId', '1', 'X-A', '2'] };
    const code = 'function handler(e) { return e.response; }';
    expect(new FunctionRuntime().viewerResponse({ name: 'test', code }, request, response, context)).toEqual({
      status: 200,
      headers: ['x-amzn-RequestId', '1', 'x-a', '2'],
    });
  });

  test.each([
    ['throws', 'function handler() { throw new Error("no"); }', /no/],
    ['returns nothing', 'function handler() {}', /neither/],
    ['never ends', 'function handler() { for (;;); }', /timed out/],
    ['never settles', 'function handler() { return new Promise(() => {}); }', /never settled/],
    ['reaches for the process', 'function handler() { return process.env; }', /process is not defined/],
  ])('fails when it %s', (_, code, message) => {
    expect(() => run(code)).toThrow(message);
  });

  test('changes a response', () => {
    const code = `function handler(e) { e.response.headers['x-b'] = { value: '2' }; delete e.response.headers['x-a']; return e.response; }`;
    const response = { status: 200, headers: ['X-A', '1', 'X-C', '3'] };
    expect(new FunctionRuntime().viewerResponse({ name: 'test', code }, request, response, context)).toEqual({
      status: 200,
      headers: ['x-c', '3', 'x-b', '2'],
    });
  });
});
