import { contentTypeOf } from '../../../lambdas/site-deployment/content-types';
import { deploySite, type SiteBucket } from '../../../lambdas/site-deployment/deploy-site';
import { siteFile } from '../../../lambdas/site-deployment/site-files';
import { days, defineSite } from '../../../lib/route';

const site = defineSite({
  paths: { '/static/*': { edgeTtlSeconds: days(365), immutable: true }, '/blog/*': { edgeTtlSeconds: 3600 } },
});
const KEEP = days(30);

/** A bucket that says what is done to it, and fails when it is told to. */
class Bucket implements SiteBucket {
  readonly objects = new Map<string, { body: string; headers: Readonly<Record<string, string>> }>();
  log: string[] = [];
  failAt?: string;

  async get(key: string) {
    const object = this.objects.get(key);
    return object && Buffer.from(object.body);
  }

  async put(key: string, body: Buffer, headers: Readonly<Record<string, string>>) {
    if (key === this.failAt) throw new Error('S3 is down');
    this.log.push(`put ${key}`);
    this.objects.set(key, { body: body.toString(), headers });
  }

  async delete(key: string) {
    this.log.push(`delete ${key}`);
    this.objects.delete(key);
  }

  get keys() {
    return [...this.objects.keys()].filter((key) => key !== 'manifest.json').sort();
  }
}

let bucket: Bucket;
let purged: string[];
beforeEach(() => {
  bucket = new Bucket();
  purged = [];
});

const deploy = (
  files: Record<string, string>,
  { day = 0, purge = async (tags: readonly string[]) => void purged.push(...tags) } = {},
) => {
  bucket.log = [];
  return deploySite({
    files: Object.entries(files).map(([name, text]) => siteFile(name, site, () => Buffer.from(text))),
    bucket,
    purge,
    keepAssetsSeconds: KEEP,
    now: days(day) * 1000,
  });
};
const files = () => bucket.log.filter((line) => !line.endsWith('manifest.json'));

const FIRST = { 'index.html': 'home', 'blog/a/index.html': 'a', 'static/app.1.js': '1' };

test('a new site is written, assets first, and purges nothing', async () => {
  expect(await deploy(FIRST)).toEqual({ written: 3, unchanged: 0, deleted: 0, purged: 0 });
  expect(files()).toEqual(['put site/static/app.1.js', 'put site/index.html', 'put site/blog/a/index.html']);
  expect(purged).toEqual([]);
  expect(bucket.objects.get('site/blog/a/index.html')!.headers).toEqual({
    'cache-control': 'max-age=0, s-maxage=3600',
    'content-type': 'text/html; charset=utf-8',
    'x-amz-meta-cache-tag': 'page:/blog/a/',
  });
  expect(bucket.objects.get('site/static/app.1.js')!.headers).toEqual({
    'cache-control': 'max-age=31536000, s-maxage=31536000, immutable',
    'content-type': 'text/javascript; charset=utf-8',
  });
});

test('what is there already is not touched, and of what changed the pages are purged', async () => {
  await deploy(FIRST);
  expect(await deploy({ ...FIRST, 'index.html': 'home 2', 'static/app.2.js': '2', 'new.html': 'n' })).toMatchObject({
    written: 3,
    purged: 1,
  });
  expect(files()).toEqual(['put site/static/app.2.js', 'put site/index.html', 'put site/new.html']);
  expect(purged).toEqual(['page:/']);
});

test('the same site again does nothing but say so', async () => {
  await deploy(FIRST);
  expect(await deploy(FIRST)).toEqual({ written: 0, unchanged: 3, deleted: 0, purged: 0 });
  expect(files()).toEqual([]);
});

test('a page that is gone is deleted before it is purged; its purge comes once', async () => {
  await deploy(FIRST);
  const { 'blog/a/index.html': _, ...rest } = FIRST;
  let there: boolean | undefined;
  await deploy(rest, {
    purge: async (tags) => {
      purged.push(...tags);
      there = bucket.objects.has('site/blog/a/index.html');
    },
  });
  expect([purged, there]).toEqual([['page:/blog/a/'], false]);
  await deploy(rest);
  expect(purged).toHaveLength(1);
});

test('old assets stay for as long as a page may be open that names them', async () => {
  await deploy(FIRST, { day: 0 });
  const second = { 'index.html': 'home', 'blog/a/index.html': 'a', 'static/app.2.js': '2' };
  await deploy(second, { day: 1 });
  await deploy(second, { day: 30 });
  expect(bucket.keys).toContain('site/static/app.1.js');
  expect(await deploy(second, { day: 31 })).toMatchObject({ deleted: 1 });
  expect(bucket.keys).not.toContain('site/static/app.1.js');
});

test('an asset that comes back in time is not written again, and its time begins anew', async () => {
  const second = { 'index.html': 'home', 'static/app.2.js': '2' };
  await deploy(FIRST, { day: 0 });
  await deploy(second, { day: 1 });
  expect(await deploy(FIRST, { day: 2 })).toMatchObject({ written: 1 });
  await deploy(second, { day: 20 });
  await deploy(second, { day: 40 });
  expect(bucket.keys).toContain('site/static/app.1.js');
});

test('a page that becomes an asset is purged by the tag that it had', async () => {
  await deploy({ 'index.html': 'x', 'static.html': 's' });
  const assets = defineSite({ paths: { '/static.html': { edgeTtlSeconds: 60, immutable: true } } });
  await deploySite({
    files: ['index.html', 'static.html'].map((name) => siteFile(name, assets, () => Buffer.from('x'))),
    bucket,
    purge: async (tags) => void purged.push(...tags),
    keepAssetsSeconds: KEEP,
    now: 0,
  });
  expect(purged).toEqual(['page:/static.html']);
});

describe('a deployment that dies half way', () => {
  const SECOND = { ...FIRST, 'index.html': 'home 2', 'blog/a/index.html': 'a 2' };

  test('is taken back by the deployment of the site before', async () => {
    await deploy(FIRST);
    bucket.failAt = 'site/blog/a/index.html';
    await expect(deploy(SECOND)).rejects.toThrow('S3 is down');
    bucket.failAt = undefined;
    await deploy(FIRST);
    expect(bucket.objects.get('site/index.html')!.body).toBe('home');
    expect(purged.sort()).toEqual(['page:/', 'page:/blog/a/']);
  });

  test('purges when it is repeated, whether it died before or after the bus took the purge', async () => {
    await deploy(FIRST);
    const refuse = async () => {
      throw new Error('not accepted');
    };
    await expect(deploy(SECOND, { purge: refuse })).rejects.toThrow('not accepted');
    await deploy(SECOND);
    expect(purged.sort()).toEqual(['page:/', 'page:/blog/a/']);
  });

  test('deletes and purges a page that was on its way out', async () => {
    await deploy(FIRST);
    const { 'blog/a/index.html': _, ...rest } = FIRST;
    await expect(
      deploy(rest, {
        purge: async () => {
          throw new Error('not accepted');
        },
      }),
    ).rejects.toThrow('not accepted');
    await deploy(rest);
    expect(purged).toEqual(['page:/blog/a/']);
    expect(bucket.keys).not.toContain('site/blog/a/index.html');
  });
});

test.each([
  ['a.HTML', 'text/html; charset=utf-8'],
  ['a.woff2', 'font/woff2'],
  ['LICENSE', 'application/octet-stream'],
  ['a.constructor', 'application/octet-stream'],
])('the type of %s is %s', (name, type) => {
  expect(contentTypeOf(name)).toBe(type);
});
