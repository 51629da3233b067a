import * as net from 'node:net';
import { createEdge, type Edge } from '../../local/edge';
import type { BehaviorOptions, DistributionOptions, Selection } from '../../local/edge/options';
import { behavior, cachePolicy, distribution, ORIGIN_HOST, origin } from '../support/edge';
import { ManualClock } from '../support/manual-clock';
import { productContext, until } from '../support/product-context';
import { ask, exchange, parseAnswer, type RawAnswer, RawOrigin, values } from '../support/raw-http';

const listed = (...names: string[]): Selection => ({ behavior: 'listed', names: new Set(names) });

/** Bytes of a response: a status, header lines and a body, whose length is stated unless a line does. */
function response(status: number, lines: string[], body = ''): string {
  const framed = lines.some((line) => /^(content-length|transfer-encoding):/i.test(line));
  const length = framed || status === 304 ? [] : [`Content-Length: ${body.length}`];
  return [`HTTP/1.1 ${status} Status`, ...lines, ...length, '', body].join('\r\n');
}

describe('the edge, on the wire', () => {
  let upstream: RawOrigin;
  let clock: ManualClock;
  let context: ReturnType<typeof productContext>;
  let edge: Edge;
  let port: number;

  beforeEach(async () => {
    upstream = new RawOrigin();
    clock = new ManualClock();
    context = productContext({ clock });
    context.registry.origins.set(ORIGIN_HOST, await upstream.start());
  });

  afterEach(async () => {
    await edge.dispose();
    await upstream.stop();
    context.cleanUp();
    expect(clock.pending).toBe(0);
  });

  async function start(parts: Partial<BehaviorOptions> = {}, more: Partial<DistributionOptions> = {}): Promise<void> {
    edge = createEdge({ distributions: [distribution({ behaviors: [behavior(parts)], ...more })] }, context, { port: 0 });
    await edge.start();
    port = Number(new URL(edge.url).port);
  }

  /** Requests that the origin has been asked, by their first line. */
  const asked = () => upstream.received.flatMap((text) => text.match(/^[A-Z]+ \S+(?= HTTP\/1\.1\r$)/gm) ?? []);
  const xCache = (answer: { lines: readonly string[] }) => values(answer, 'x-cache')[0]?.split(' ')[0];

  describe('header fields', () => {
    test.each(['GET', 'HEAD'])('an empty body has one Content-Length, of %s', async (method) => {
      upstream.answer = () => response(200, ['Content-Length: 0']);
      await start();
      for (let i = 0; i < 2; i += 1) expect(values(await ask(port, '/', [], method), 'content-length')).toEqual(['0']);
    });

    test('an uncached HEAD has the length that the origin states, or none', async () => {
      await start({ cachePolicy: cachePolicy({ defaultTtlSeconds: 0, maxTtlSeconds: 0 }) });
      upstream.answer = () => response(200, ['Content-Length: 1234']);
      expect(values(await ask(port, '/', [], 'HEAD'), 'content-length')).toEqual(['1234']);
      upstream.answer = () => response(200, ['Transfer-Encoding: chunked']);
      expect(values(await ask(port, '/', [], 'HEAD'), 'content-length')).toEqual([]);
    });

    test('what may stand once stands once, whatever an origin sends', async () => {
      const twice = ['ETag', 'Age', 'Content-Type', 'Last-Modified', 'X-Cache', 'X-Amz-Cf-Id', 'X-Amz-Cf-Pop', 'Location'];
      upstream.answer = () =>
        response(
          200,
          [...twice, ...twice].map((name) => `${name}: 5`),
          'x',
        );
      await start();
      for (let i = 0; i < 2; i += 1) {
        const answer = await ask(port, '/');
        for (const name of [...twice, 'Content-Length', 'Date'])
          expect([name, values(answer, name)]).toEqual([name, [expect.any(String)]]);
      }
    });

    test('Age counts from the one that the origin sent', async () => {
      upstream.answer = () => response(200, ['Age: 100'], 'x');
      await start();
      expect(values(await ask(port, '/'), 'age')).toEqual(['100']);
      clock.advance(7000);
      expect(values(await ask(port, '/'), 'age')).toEqual(['107']);
    });

    test('a 304 replaces fields by all that it has of their name, and leaves out what its Connection names', async () => {
      upstream.answer = (request) =>
        /if-none-match/i.test(request)
          ? response(304, [
              'Cache-Control: private',
              'Cache-Control: max-age=60',
              'Link: </a>',
              'Link: </b>',
              'X-Hop: 1',
              'Connection: X-Hop',
            ])
          : response(200, ['ETag: "a"', 'Cache-Control: max-age=0', 'Link: </old>'], 'x');
      await start({ cachePolicy: cachePolicy({ minTtlSeconds: 0 }) });
      await ask(port, '/');
      const answer = await ask(port, '/');
      expect(answer.status).toBe(200);
      expect(values(answer, 'link')).toEqual(['</a>', '</b>']);
      expect(values(answer, 'x-hop')).toEqual([]);
      // `private` came first, and counts.
      expect(edge.entries()).toEqual([]);
    });

    test('a 304 to a viewer keeps Content-Location and drops what describes the body', async () => {
      upstream.answer = () =>
        response(200, ['ETag: "a"', 'Content-Location: /x', 'Content-Type: text/plain', 'Content-Language: en'], 'x');
      await start();
      const answer = await ask(port, '/', ['If-None-Match: "a"']);
      expect(answer.status).toBe(304);
      expect(values(answer, 'content-location')).toEqual(['/x']);
      expect([...values(answer, 'content-type'), ...values(answer, 'content-language')]).toEqual([]);
    });

    test('a header of the key reaches the origin although the viewer’s Connection names it', async () => {
      upstream.answer = (request) => response(200, [], /\r\nfoo: (.*)\r\n/i.exec(request)?.[1] ?? 'nobody');
      await start({ cachePolicy: cachePolicy({ headers: listed('foo') }) });
      const head = ['GET / HTTP/1.1', 'Host: viewer.example', 'Foo: me', 'Connection: Foo, close', '', ''].join('\r\n');
      expect(parseAnswer(await exchange(port, head)).body).toBe('me');
      expect((await ask(port, '/', ['Foo: me'])).body).toBe('me');
    });

    test('compressed or not, what may be compressed varies by Accept-Encoding, and HTTP/1.0 gets it as it is', async () => {
      upstream.answer = () => response(200, ['Content-Type: text/plain'], 'a'.repeat(2000));
      await start({ compress: true, cachePolicy: cachePolicy({ acceptGzip: true }) });
      const gzip = await ask(port, '/', ['Accept-Encoding: gzip']);
      expect([values(gzip, 'content-encoding'), values(gzip, 'vary')]).toEqual([['gzip'], ['Accept-Encoding']]);
      const plain = await ask(port, '/');
      expect([values(plain, 'content-encoding'), values(plain, 'vary')]).toEqual([[], ['Accept-Encoding']]);
      const old = parseAnswer(await exchange(port, 'GET / HTTP/1.0\r\nHost: viewer.example\r\nAccept-Encoding: gzip\r\n\r\n'));
      expect([values(old, 'content-encoding'), old.body.length]).toEqual([[], 2000]);
    });
  });

  describe('ranges', () => {
    const BODY = '0123456789';
    const RANGES = ['Accept-Ranges: bytes', 'ETag: "a"'];

    test.each<[name: string, range: string[], status: number, body: string]>([
      ['a range', ['Range: bytes=2-4'], 206, '234'],
      ['a range whose end is before its start', ['Range: bytes=5-2'], 200, BODY],
      ['overlapping ranges', ['Range: bytes=0-4,2-6'], 200, BODY],
      ['another unit', ['Range: lines=0-1'], 200, BODY],
      ['a range behind the end', ['Range: bytes=10-'], 416, ''],
      ['an If-Range that fits', ['Range: bytes=2-4', 'If-Range: "a"'], 206, '234'],
      ['a weak If-Range', ['Range: bytes=2-4', 'If-Range: W/"a"'], 200, BODY],
    ])('of a stored object: %s', async (_, range, status, body) => {
      upstream.answer = () => response(200, RANGES, BODY);
      await start();
      await ask(port, '/');
      expect(await ask(port, '/', range)).toMatchObject({ status, body });
    });

    test('an If-Range with a weak tag of a weak object gets the whole', async () => {
      upstream.answer = () => response(200, ['ETag: W/"a"'], BODY);
      await start();
      await ask(port, '/');
      expect(await ask(port, '/', ['Range: bytes=0-1', 'If-Range: W/"a"'])).toMatchObject({ status: 200, body: BODY });
    });

    test('HEAD has none', async () => {
      upstream.answer = () => response(200, RANGES, BODY);
      await start();
      const head = await ask(port, '/', ['Range: bytes=2-4'], 'HEAD');
      expect([head.status, values(head, 'content-length')]).toEqual([200, ['10']]);
    });

    test.each<[string, string[], string, number]>([
      ['an origin that supports them', RANGES, BODY, 206],
      ['an origin that does not', ['ETag: "a"'], BODY, 200],
      ['an origin that sends chunks', [...RANGES, 'Transfer-Encoding: chunked'], `a\r\n${BODY}\r\n0\r\n\r\n`, 200],
    ])('of a miss, before %s', async (_, lines, body, status) => {
      upstream.answer = () => response(200, lines, body);
      await start();
      expect((await ask(port, '/', ['Range: bytes=2-4'])).status).toBe(status);
      expect((await ask(port, '/', ['Range: bytes=2-4'])).status).toBe(206);
    });

    test('an uncached behaviour passes on what the origin makes of one', async () => {
      upstream.answer = () => response(200, RANGES, BODY);
      await start({ cachePolicy: cachePolicy({ defaultTtlSeconds: 0, maxTtlSeconds: 0 }) });
      expect(await ask(port, '/', ['Range: bytes=2-4'])).toMatchObject({ status: 200, body: BODY });
      expect(upstream.received[0]).toMatch(/\r\nrange: bytes=2-4\r\n/i);
    });
  });

  describe('framing', () => {
    test('a body of OPTIONS reaches the origin with its length, and the answer is not kept', async () => {
      await start({ cachedMethods: ['GET', 'HEAD', 'OPTIONS'] });
      const smuggled = 'GET /admin HTTP/1.1\r\nHost: x\r\n\r\n';
      const head = `OPTIONS / HTTP/1.1\r\nHost: viewer.example\r\nContent-Length: ${smuggled.length}\r\nConnection: close\r\n\r\n${smuggled}`;
      for (let i = 0; i < 2; i += 1) expect(parseAnswer(await exchange(port, head))).toMatchObject({ status: 200, body: 'ok' });
      const forwarded = upstream.received.join('').match(/^OPTIONS [\s\S]*?\r\n\r\nGET \/admin HTTP\/1.1\r\nHost: x\r\n\r\n/gm);
      expect(forwarded?.map((text) => /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1])).toEqual(['32', '32']);
      expect(edge.entries()).toEqual([]);
      await ask(port, '/', [], 'OPTIONS');
      expect(edge.entries()).toHaveLength(1);
    });

    test('a length without a body is never forwarded, not even for an error page', async () => {
      upstream.answer = (request) => (/error\.html/.test(request) ? response(200, [], 'page') : response(403, [], 'no'));
      const customErrors = [{ errorCode: 403, cachingMinTtlSeconds: 0, responsePagePath: '/error.html' }];
      await start({}, { customErrors });
      const post = 'POST / HTTP/1.1\r\nHost: viewer.example\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc';
      expect(parseAnswer(await exchange(port, post))).toMatchObject({ status: 403, body: 'page' });
      expect(upstream.received.find((text) => text.includes('error.html'))).not.toMatch(/content-length/i);
      await ask(port, '/get', ['Content-Length: 0']);
      expect(upstream.received.find((text) => text.includes('/get'))).not.toMatch(/content-length/i);
    });

    test('a write does not use a connection that was kept, and a read does without one that has closed', async () => {
      await start({}, { origins: [origin({ connectionAttempts: 1 })] });
      await ask(port, '/a');
      upstream.closeConnections();
      const post = 'POST / HTTP/1.1\r\nHost: viewer.example\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc';
      expect(parseAnswer(await exchange(port, post)).status).toBe(200);
      await ask(port, '/b');
      let first = true;
      upstream.answer = () => {
        const answer = first ? undefined : response(200, [], 'ok');
        first = false;
        return answer;
      };
      expect((await ask(port, '/c')).status).toBe(200);
      expect(upstream.received.some((text) => text.startsWith('POST') && /\r\nconnection: close\r\n/i.test(text))).toBe(true);
    });

    test('an origin that switches protocols is 502, and its key is free again', async () => {
      upstream.answer = () => 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n';
      await start({}, { customErrors: [{ errorCode: 502, cachingMinTtlSeconds: 0 }] });
      expect((await ask(port, '/')).status).toBe(502);
      upstream.answer = () => response(200, [], 'ok');
      expect((await ask(port, '/')).status).toBe(200);
    });

    test('a 304 that nothing asked for is an error, not a page', async () => {
      upstream.answer = () => response(304, ['ETag: "a"', 'Cache-Control: max-age=60']);
      await start({}, { customErrors: [{ errorCode: 502, cachingMinTtlSeconds: 0 }] });
      expect((await ask(port, '/')).status).toBe(502);
      expect(edge.entries()).toEqual([]);
    });

    test('error pages that fail do not wait for each other', async () => {
      upstream.answer = (request) => response(/GET \/live\/404/.test(request) ? 403 : 404, [], 'no');
      const customErrors = [403, 404].map((errorCode) => ({
        errorCode,
        cachingMinTtlSeconds: 0,
        responsePagePath: `/${errorCode}`,
      }));
      await start({}, { customErrors });
      expect((await ask(port, '/x')).status).toBe(403);
    });
  });

  describe('the request', () => {
    test.each<[name: string, request: string, status: number]>([
      ['a whole URL as target', 'GET http://viewer.example/p?q=1 HTTP/1.1\r\nHost: other\r\n', 200],
      ['a target without a path', 'GET p HTTP/1.1\r\nHost: viewer.example\r\n', 400],
      ['two hosts', 'GET /p HTTP/1.1\r\nHost: viewer.example\r\nHost: b\r\n', 400],
      ['no host', 'GET /p HTTP/1.1\r\n', 400],
      ['HTTP/0.9', 'GET /p\r\n', 400],
      ['HTTP/2.0', 'GET /p HTTP/2.0\r\nHost: viewer.example\r\n', 400],
      ['two lengths', 'POST /p HTTP/1.1\r\nHost: viewer.example\r\nContent-Length: 1\r\nContent-Length: 2\r\n', 400],
      [
        'a length and chunks',
        'POST /p HTTP/1.1\r\nHost: viewer.example\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n',
        400,
      ],
      [
        'a GET with chunks',
        'GET /p HTTP/1.1\r\nHost: viewer.example\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n',
        403,
      ],
    ])('%s: %#', async (_, request, status) => {
      await start();
      expect(parseAnswer(await exchange(port, `${request}Connection: close\r\n\r\n`)).status).toBe(status);
      expect(asked()).toEqual(status === 200 ? ['GET /live/p?q=1'] : []);
    });

    test.each<[string, method: string, lines: string[], number]>([
      ['a viewer at a name of loopback', 'GET', ['Host: localhost:8080'], 200],
      ['a viewer at the domain name', 'GET', ['Host: e0123456789abc.cloudfront.net'], 200],
      ['a viewer at a name below an alias', 'PATCH', ['Host: www.alias.example', 'Origin: https://www.alias.example'], 200],
      ['a name that was made to lead here', 'GET', ['Host: attacker.example'], 403],
      [
        'a page of another site that reads',
        'GET',
        ['Host: localhost', 'Origin: https://a.example', 'Sec-Fetch-Site: cross-site'],
        200,
      ],
      ['a page of another site that changes', 'PATCH', ['Host: localhost', 'Origin: https://a.example'], 403],
      ['a page of another site that says less', 'POST', ['Host: localhost', 'Sec-Fetch-Site: cross-site'], 403],
      ['a page of a development server', 'PATCH', ['Host: localhost', 'Origin: http://127.0.0.1:5173'], 200],
    ])('of %s is answered or refused before the origin is asked', async (_, method, lines, status) => {
      await start({}, { aliases: ['*.alias.example'] });
      const head = [`${method} /p HTTP/1.1`, ...lines, 'Connection: close', '', ''];
      expect(parseAnswer(await exchange(port, head.join('\r\n'))).status).toBe(status);
      expect(asked()).toHaveLength(status === 200 ? 1 : 0);
    });

    test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('a name %s is like any other', async (name) => {
      upstream.answer = (request) => response(200, [], request);
      const all: Selection = { behavior: 'all', names: new Set() };
      await start({
        cachePolicy: cachePolicy({ queryStrings: all, cookies: all, headers: listed(name.toLowerCase()) }),
        functions: { viewerRequest: { name: 'same', code: 'function handler(event) { return event.request; }' } },
      });
      const answer = await ask(port, `/p?a=1&${name}=IT`, [`Cookie: ${name}=x`, `${name}: v`]);
      expect(answer.status).toBe(200);
      expect(answer.body).toContain(`GET /live/p?a=1&${name}=IT HTTP/1.1\r\n`);
      expect(answer.body.toLowerCase()).toContain(`\r\ncookie: ${name.toLowerCase()}=x\r\n`);
      expect(answer.body.toLowerCase()).toContain(`\r\n${name.toLowerCase()}: v\r\n`);
      expect((await ask(port, '/p?country=DE')).body).toContain('GET /live/p?country=DE HTTP/1.1\r\n');
      expect(({} as Record<string, unknown>).value).toBeUndefined();
    });
  });

  /**
   * Bodies of requests for one page, all of which the edge has before the origin answers the first.
   *
   * @param answer bytes to answer with, by the number of the request at the origin.
   */
  async function together(count: number, answer: (number: number) => string): Promise<RawAnswer[]> {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    let number = 0;
    upstream.answer = async (request) => {
      if (request.includes('/sync')) return response(200, []);
      number += 1;
      const own = answer(number);
      await opened;
      return own;
    };
    const all = Promise.all(Array.from({ length: count }, () => ask(port, '/p')));
    await until(() => number > 0, 'the first is at the origin');
    // Whatever was sent before these has been read by the time when they are answered.
    for (let i = 0; i < 3; i += 1) await ask(port, `/sync${i}`);
    open();
    return all;
  }

  describe('collapsing', () => {
    test('an error of one viewer is nobody else’s', async () => {
      await start();
      const answers = await together(20, (number) => response(403, ['Cache-Control: private, no-store'], `for ${number}`));
      expect(new Set(answers.map(({ body }) => body)).size).toBe(20);
    });

    test('a failure of the origin is everybody’s, and met once', async () => {
      await start();
      const answers = await together(20, (number) => response(503, [], `failure ${number}`));
      expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['failure 1']));
    });

    test('nothing is shared where cookies are forwarded', async () => {
      const none: Selection = { behavior: 'none', names: new Set() };
      const cookies: Selection = { behavior: 'all', names: new Set() };
      await start({
        originRequestPolicy: { name: 'cookies', queryStrings: none, headers: none, addedHeaders: [], cookies },
      });
      const answers = await together(20, (number) => response(200, ['Cache-Control: max-age=60'], `for ${number}`));
      expect(new Set(answers.map(({ body }) => body)).size).toBe(20);
    });

    test('those that shared a fetch are hits, as the guide has them in its logs', async () => {
      await start();
      const answers = await together(5, () => response(200, [], 'ok'));
      expect(answers.map(xCache).sort()).toEqual(['Hit', 'Hit', 'Hit', 'Hit', 'Miss']);
      expect(edge.stats()).toMatchObject({ collapsed: 4, hits: 4 });
    });
  });

  test('what its viewer has left is not stored', async () => {
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    upstream.answer = async (request) => {
      if (request.includes('/left')) await opened;
      return response(200, [], 'ok');
    };
    await start();
    const socket = net.connect(port, '127.0.0.1', () => socket.write('GET /left HTTP/1.1\r\nHost: viewer.example\r\n\r\n'));
    await until(() => asked().length === 1, 'the request is at the origin');
    socket.destroy();
    await ask(port, '/sync');
    open();
    await until(() => edge.stats().misses === 2, 'the answer has come');
    expect(edge.entries().map(({ url }) => url)).toEqual(['/sync']);
  });
});
