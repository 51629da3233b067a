import type { BehaviorOptions, CorsRule } from '../../../local/edge/options';
import { serverTiming, viewerHeaders, withCors } from '../../../local/edge/response';
import { behavior, cachePolicy } from '../../support/edge';

const VIA = '1.1 x.cloudfront.net (CloudFront)';

function shown(headers: string[], parts: Partial<BehaviorOptions> = {}): Record<string, string> {
  const raw = viewerHeaders(headers, behavior(parts), VIA);
  return Object.fromEntries(Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i], raw[2 * i + 1]]));
}

describe('what a viewer sees of the origin’s headers', () => {
  test('all of them, tags included, and Via', () => {
    expect(shown(['Content-Type', 'text/plain', 'cache-tag', 'a', 'Via', '1.1 gateway'])).toEqual({
      'Content-Type': 'text/plain',
      'cache-tag': 'a',
      Via: `1.1 gateway, ${VIA}`,
    });
  });

  test('a policy removes first and adds then', () => {
    const responseHeadersPolicy = {
      name: 'test',
      removes: ['cache-tag', 'x-a', 'server'],
      rules: [
        { name: 'X-A', value: 'policy', override: false },
        { name: 'X-B', value: 'policy', override: false },
        { name: 'X-C', value: 'policy', override: true },
      ],
    };
    const headers = ['Cache-Tag', 't', 'X-A', 'origin', 'X-B', 'origin', 'x-c', 'origin', 'Server', 'nginx'];
    expect(shown(headers, { responseHeadersPolicy })).toEqual({
      'X-A': 'policy',
      'X-B': 'origin',
      'X-C': 'policy',
      Server: 'CloudFront',
      Via: VIA,
    });
  });

  test('Set-Cookie only where cookies are forwarded', () => {
    const cookies = { behavior: 'all' as const, names: new Set<string>() };
    expect(shown(['Set-Cookie', 'a=1'])).not.toHaveProperty('Set-Cookie');
    expect(shown(['Set-Cookie', 'a=1'], { cachePolicy: cachePolicy({ cookies }) })).toHaveProperty('Set-Cookie');
  });

  test('Vary keeps what takes part in the key', () => {
    const headers = { behavior: 'listed' as const, names: new Set(['x-key']) };
    const vary = ['Vary', 'Accept-Encoding, X-Key, X-Other'];
    expect(shown(vary, { cachePolicy: cachePolicy({ headers }) }).Vary).toBe('Accept-Encoding, X-Key');
    expect(shown(['Vary', 'X-Other'])).not.toHaveProperty('Vary');
  });
});

describe('CORS headers of a policy', () => {
  const rule: CorsRule = {
    origins: ['https://a.example', 'https://*.b.example'],
    methods: ['GET', 'PUT'],
    headers: ['x-a'],
    exposed: ['etag'],
    credentials: true,
    maxAgeSeconds: 60,
    override: false,
  };
  const cors = (method: string, headers: Record<string, string>, parts: Partial<CorsRule> = {}) => {
    const raw = withCors([], { ...rule, ...parts }, { method, path: '/', query: '', headers, address: '' });
    return Object.fromEntries(Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i], raw[2 * i + 1]]));
  };

  test.each([
    ['https://a.example', 'https://a.example'],
    ['https://x.b.example', 'https://x.b.example'],
    ['https://c.example', undefined],
    ['https://a.example.evil', undefined],
  ])('origin %s is allowed as %s', (from, allowed) => {
    expect(cors('GET', { origin: from })['Access-Control-Allow-Origin']).toBe(allowed);
  });

  test('answer a simple request and a preflight differently, and others not at all', () => {
    expect(cors('GET', {})).toEqual({});
    expect(cors('GET', { origin: 'https://any.example' }, { origins: ['*'], credentials: false })).toEqual({
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Expose-Headers': 'etag',
    });
    expect(cors('OPTIONS', { origin: 'https://a.example', 'access-control-request-method': 'PUT' })).toEqual({
      'Access-Control-Allow-Origin': 'https://a.example',
      'Access-Control-Allow-Credentials': 'true',
      Vary: 'Origin',
      'Access-Control-Allow-Methods': 'GET, PUT',
      'Access-Control-Allow-Headers': 'x-a',
      'Access-Control-Max-Age': '60',
    });
  });
});

describe('Server-Timing', () => {
  const names = { pop: 'P', requestId: 'R' };
  const upstream = { connectMs: 1.4, firstByteMs: 20 };

  test('of a hit has no metrics of the origin', () => {
    expect(serverTiming('Hit', { downstreamMs: 1 }, names, 'db;dur=5')).toBe(
      'cdn-cache-hit,cdn-pop;desc="P",cdn-rid;desc="R",cdn-hit-layer;desc="EDGE",cdn-downstream-fbl;dur=1',
    );
  });

  test('of a miss has CloudFront’s and the origin’s', () => {
    expect(serverTiming('Miss', { upstream, downstreamMs: 30 }, names, 'db;dur=5')).toBe(
      'cdn-upstream-layer;desc="EDGE",cdn-upstream-dns;dur=0,cdn-upstream-connect;dur=1,cdn-upstream-fbl;dur=20,cdn-cache-miss,' +
        'cdn-pop;desc="P",cdn-rid;desc="R",cdn-downstream-fbl;dur=30,db;dur=5',
    );
  });

  test('of a revalidation says refresh', () => {
    expect(serverTiming('RefreshHit', { upstream, downstreamMs: 30 }, names, undefined)).toContain('cdn-cache-refresh');
  });
});
