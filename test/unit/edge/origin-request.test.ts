import { ALL } from '../../../local/edge/cache-key';
import { generatedNames, withGenerated } from '../../../local/edge/generated-headers';
import { MANAGED_ORIGIN_REQUEST_POLICIES } from '../../../local/edge/managed-policies';
import type { BehaviorOptions, OriginRequestPolicy, Selection } from '../../../local/edge/options';
import { originRequest, type Validators } from '../../../local/edge/origin-request';
import { behavior, cachePolicy, ORIGIN_HOST, origin } from '../../support/edge';

const listed = (...names: string[]): Selection => ({ behavior: 'listed', names: new Set(names) });
const NONE_POLICY: OriginRequestPolicy = {
  name: 'none',
  queryStrings: { behavior: 'none', names: new Set() },
  headers: { behavior: 'none', names: new Set() },
  addedHeaders: [],
  cookies: { behavior: 'none', names: new Set() },
};
const ALL_BUT_HOST = MANAGED_ORIGIN_REQUEST_POLICIES['b689b0a8-53d0-40ab-baf2-68738e2966ac'] as OriginRequestPolicy;

function sent(
  parts: Partial<BehaviorOptions>,
  headers: Record<string, string> = {},
  {
    url = '/p',
    method = 'GET',
    cached = true,
    validators,
  }: { url?: string; method?: string; cached?: boolean; validators?: Validators } = {},
) {
  const [path, query = ''] = url.split('?') as [string, string?];
  const request = { method, path, query, headers: { host: 'viewer.example', ...headers }, address: '192.0.2.7' };
  const identity = { requestId: 'id', via: '1.1 x.cloudfront.net (CloudFront)' };
  return originRequest(behavior({ cachePolicy: cachePolicy(), ...parts }), origin(), request, identity, { cached, validators });
}

describe('the request to the origin', () => {
  test('has the origin path, the host of the origin and the headers of CloudFront', () => {
    const request = sent({}, { 'user-agent': 'curl', 'x-forwarded-for': '203.0.113.1', via: '1.0 proxy' });
    expect(request.path).toBe('/live/p');
    expect(request.headers).toEqual({
      Host: ORIGIN_HOST,
      'User-Agent': 'Amazon CloudFront',
      'X-Amz-Cf-Id': 'id',
      'X-Forwarded-For': '203.0.113.1, 192.0.2.7',
      Via: '1.0 proxy, 1.1 x.cloudfront.net (CloudFront)',
    });
  });

  test('has everything of the key, and what the origin request policy adds, in the order of the URL', () => {
    const request = sent(
      {
        cachePolicy: cachePolicy({ queryStrings: listed('b'), headers: listed('x-key'), cookies: listed('k') }),
        originRequestPolicy: { ...NONE_POLICY, queryStrings: listed('a'), headers: listed('x-more'), cookies: listed('m') },
      },
      { 'x-key': '1', 'x-more': '2', 'x-other': '3', cookie: 'z=0; m=1; k=2' },
      { url: '/p?c=3&b=2&a=1' },
    );
    expect(request.path).toBe('/live/p?b=2&a=1');
    expect(request.headers).toMatchObject({ 'x-key': '1', 'x-more': '2', Cookie: 'k=2; m=1' });
    expect(request.headers).not.toHaveProperty('x-other');
  });

  test('AllViewerExceptHostHeader forwards all but Host, what concerns one connection, and CloudFront headers', () => {
    const request = sent(
      { originRequestPolicy: ALL_BUT_HOST },
      {
        'x-other': '3',
        connection: 'keep-alive, x-hop',
        'x-hop': '1',
        te: 'trailers',
        'cloudfront-viewer-country': 'XX',
        'x-edge-a': '1',
      },
      { url: '/p?a=1' },
    );
    expect(request.headers.Host).toBe(ORIGIN_HOST);
    expect(request.path).toBe('/live/p?a=1');
    expect(Object.keys(request.headers)).toEqual(['Host', 'x-other', 'User-Agent', 'X-Amz-Cf-Id', 'X-Forwarded-For', 'Via']);
  });

  test('a header has the spelling of the policy that names it, whatever the viewer’s', () => {
    const headers = { ...listed('accept-language'), spelling: new Map([['accept-language', 'Accept-Language']]) };
    const request = sent({ cachePolicy: cachePolicy({ headers }) }, { 'accept-language': 'de' });
    expect(Object.entries(request.headers)).toContainEqual(['Accept-Language', 'de']);
  });

  test('a policy that names Host, or all headers, forwards the viewer’s', () => {
    expect(sent({ originRequestPolicy: { ...NONE_POLICY, headers: listed('host') } }).headers.Host).toBe('viewer.example');
    expect(sent({ originRequestPolicy: { ...NONE_POLICY, headers: ALL } }).headers.Host).toBe('viewer.example');
  });

  test.each<[method: string, cachedMethods: string[], forwarded: boolean]>([
    ['GET', ['GET', 'HEAD'], false],
    ['HEAD', ['GET', 'HEAD'], false],
    ['OPTIONS', ['GET', 'HEAD', 'OPTIONS'], false],
    ['OPTIONS', ['GET', 'HEAD'], true],
    ['PATCH', ['GET', 'HEAD'], true],
  ])('Authorization of %s with cached methods %j is forwarded: %s', (method, cachedMethods, forwarded) => {
    const { headers } = sent({ cachedMethods }, { authorization: 'x' }, { method, cached: false });
    expect('authorization' in headers).toBe(forwarded);
  });

  test('what is to be stored is fetched whole, unconditionally and as GET', () => {
    const conditions = { range: 'bytes=0-1', 'if-none-match': '"a"' };
    const stored = sent({}, conditions, { method: 'HEAD' });
    expect(stored.method).toBe('GET');
    expect(Object.keys(stored.headers)).not.toEqual(expect.arrayContaining(['range']));
    expect(Object.keys(stored.headers)).not.toEqual(expect.arrayContaining(['if-none-match']));
    const passed = sent({}, conditions, { method: 'HEAD', cached: false });
    expect(passed).toMatchObject({ method: 'HEAD', headers: conditions });
  });

  test('an expired object is asked for by its validators', () => {
    const { headers } = sent({}, {}, { validators: { etag: '"a"', lastModified: 'yesterday' } });
    expect(headers).toMatchObject({ 'If-None-Match': '"a"', 'If-Modified-Since': 'yesterday' });
  });

  test.each<[string | undefined, string | undefined]>([
    ['gzip, br', 'br,gzip'],
    ['deflate', 'identity'],
    [undefined, undefined],
  ])('Accept-Encoding %s is forwarded as %s where the policy normalises it', (value, expected) => {
    const policy = cachePolicy({ acceptGzip: true, acceptBrotli: true });
    expect(
      sent({ cachePolicy: policy }, value === undefined ? {} : { 'accept-encoding': value }).headers['Accept-Encoding'],
    ).toBe(expected);
  });

  test('Accept-Encoding is dropped where no policy takes it', () => {
    expect(sent({}, { 'accept-encoding': 'gzip' }).headers).not.toHaveProperty('Accept-Encoding');
  });

  test('Cache-Control is forwarded, and User-Agent where a policy names it', () => {
    expect(sent({}, { 'cache-control': 'max-age=0' }).headers['cache-control']).toBe('max-age=0');
    const named = sent({ originRequestPolicy: { ...NONE_POLICY, headers: listed('user-agent') } }, { 'user-agent': 'curl' });
    expect(named.headers['User-Agent']).toBe('curl');
  });

  test('generated headers replace the viewer’s where a policy names them', () => {
    const named = behavior({ cachePolicy: cachePolicy({ headers: listed('cloudfront-viewer-country') }) });
    const names = generatedNames(named);
    const request = { method: 'GET', path: '/', query: '', headers: { 'cloudfront-viewer-country': 'XX' }, address: '192.0.2.7' };
    expect(names).toEqual(['cloudfront-viewer-country']);
    expect(withGenerated(request, names).headers).toEqual({ 'cloudfront-viewer-country': 'ZZ' });
    expect(generatedNames(behavior({ originRequestPolicy: ALL_BUT_HOST }))).toEqual([]);
  });
});
