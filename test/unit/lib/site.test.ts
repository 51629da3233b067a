import { days, defineSite, hours, pageTag, type SitePathProps, siteCacheControl, sitePathOf } from '../../../lib/route';

const site = defineSite({
  paths: {
    '/static/*': { edgeTtlSeconds: days(365), immutable: true },
    '/blog/*': { edgeTtlSeconds: hours(1), staleWhileRevalidateSeconds: days(1), staleIfErrorSeconds: days(1) },
    '/blog/drafts/*': { edgeTtlSeconds: 0 },
    '/blog/feed.xml': { edgeTtlSeconds: 60, browserTtlSeconds: 30, purgeLeavesBrowsers: true },
    '/account/*': { edgeTtlSeconds: 0, browserTtlSeconds: 10, purgeLeavesBrowsers: true },
  },
});

test.each<[string, string]>([
  ['/static/app.3f2a.js', 'max-age=31536000, s-maxage=31536000, immutable'],
  ['/blog/', 'max-age=0, s-maxage=3600, stale-while-revalidate=86400, stale-if-error=86400'],
  ['/blog/feed.xml', 'max-age=30, s-maxage=60'],
  ['/blog/drafts/a/', 'no-cache'],
  ['/account/', 'private, max-age=10'],
  ['/blog', 'max-age=0, s-maxage=300'],
  ['/', 'max-age=0, s-maxage=300'],
])('%s is kept as the most specific pattern says: %s', (path, expected) => {
  expect(siteCacheControl(sitePathOf(site, path))).toBe(expected);
});

test('a site is plain data, which has what no pattern names last', () => {
  expect(JSON.parse(JSON.stringify(site))).toEqual(site);
  expect(site.paths.map(({ pattern }) => pattern)).toEqual([
    '/blog/feed.xml',
    '/blog/drafts/*',
    '/account/*',
    '/static/*',
    '/blog/*',
    '*',
  ]);
});

test.each<[string, Partial<SitePathProps>, string]>([
  [
    'blog/*',
    {},
    "site: 'paths' must have patterns such as '/robots.txt', '/blog/*' or '*', got: 'blog/*'; write it as one of these",
  ],
  ['/a*b', {}, "got: '/a*b'"],
  ['/a*', {}, "got: '/a*'"],
  ['*', { edgeTtlSeconds: -1 }, "site: 'edgeTtlSeconds' of '*' must be a whole number of seconds, got: -1"],
  [
    '*',
    { browserTtlSeconds: 60 },
    "site: 'browserTtlSeconds' of '*' must be 0 for pages, since nothing purges a browser; say 'purgeLeavesBrowsers: true'",
  ],
  ['*', { immutable: true, edgeTtlSeconds: 0 }, "site: 'edgeTtlSeconds' of '*' must be more than 0 with 'immutable', got: 0"],
  [
    '*',
    { edgeTtlSeconds: 0, staleIfErrorSeconds: 1 },
    'must be more than 0 where the edge may serve stale files, since it keeps none, got: 0',
  ],
])('fails when %s has %j', (pattern, props, message) => {
  expect(() => defineSite({ paths: { [pattern]: { edgeTtlSeconds: 60, ...props } } })).toThrow(message);
});

test.each<[string, string]>([
  ['/', 'page:/'],
  ['/Blog/First Post/', 'page:/blog/first%20post/'],
  ['/ä#,*.html', 'page:/%c3%a4%23%2c%2a.html'],
  [`/a/${'x'.repeat(300)}/b`, 'page:/a/'],
])('the tag of %s is %s, which every tier takes', (path, tag) => {
  expect(pageTag(path)).toBe(tag);
});
