import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { CachedApi, EdgeDistribution, PurgeBus, StaticSite, type StaticSiteProps } from '../../../lib';
import { defineSite } from '../../../lib/route';
import { FunctionRuntime } from '../../../local/edge/functions';
import { newStack } from './support';

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'site-'));
  fs.writeFileSync(path.join(folder, 'index.html'), '<h1>Hello</h1>');
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const paths = defineSite({ paths: { '/static/*': { edgeTtlSeconds: 60, immutable: true } } });

function site(props: Partial<StaticSiteProps> = {}, stack = newStack()) {
  const api = CachedApi.fromCachedApiAttributes(stack, 'Api', { restApiId: 'abc', restApiName: 'shop', stageName: 'live' });
  const edge = new EdgeDistribution(stack, 'Edge', { api });
  const bus = new PurgeBus(stack, 'Bus');
  new StaticSite(stack, 'Site', { platform: { edge, bus }, directory: folder, paths, ...props });
  return Template.fromStack(stack);
}

test('whatever no route names is read from a bucket that the distribution alone may read', () => {
  const template = site();
  template.hasResourceProperties('AWS::CloudFront::Distribution', {
    DistributionConfig: Match.objectLike({
      CacheTagConfig: { HeaderName: 'x-amz-meta-cache-tag' },
      CacheBehaviors: [
        Match.objectLike({
          PathPattern: '/*',
          AllowedMethods: ['GET', 'HEAD'],
          FunctionAssociations: [Match.objectLike({ EventType: 'viewer-request' })],
          ResponseHeadersPolicyId: Match.anyValue(),
        }),
      ],
      Origins: Match.arrayWith([Match.objectLike({ OriginAccessControlId: Match.anyValue(), OriginPath: '/site' })]),
    }),
  });
  template.hasResourceProperties('AWS::CloudFront::CachePolicy', {
    CachePolicyConfig: Match.objectLike({ MinTTL: 0, DefaultTTL: 0, MaxTTL: 31_536_000 }),
  });
  template.hasResourceProperties('AWS::S3::BucketPolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Action: 's3:GetObject', Condition: { StringEquals: { 'AWS:SourceArn': Match.anyValue() } } }),
      ]),
    },
  });
});

test('its files are copied by a function that may do that, and ask for purges, and nothing else', () => {
  const template = site({ keepAssets: Duration.days(2) });
  template.hasResourceProperties('Custom::SiteFiles', {
    Files: Match.stringLikeRegexp('^[0-9a-f]{64}$'),
    Site: JSON.stringify(paths),
    KeepAssetsSeconds: 172_800,
  });
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: [
        Match.objectLike({
          Action: 'events:PutEvents',
          Condition: Match.objectLike({ 'ForAllValues:StringEquals': { 'events:detail-type': ['PurgeSubmitted'] } }),
        }),
        Match.objectLike({ Action: ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'] }),
        Match.objectLike({ Action: 's3:ListBucket' }),
      ],
    },
  });
});

test('other files are another deployment, and the same ones are none', () => {
  const hash = () => Object.values(site().findResources('Custom::SiteFiles'))[0]!.Properties.Files;
  const before = hash();
  expect(hash()).toBe(before);
  fs.writeFileSync(path.join(folder, 'about.html'), 'x');
  expect(hash()).not.toBe(before);
});

test('the bucket outlives the stack, unless it is for a trial', () => {
  const bucket = (template: Template) =>
    Object.entries(template.findResources('AWS::S3::Bucket')).find(([id]) => id.startsWith('Site'))![1];
  expect(bucket(site()).DeletionPolicy).toBe('RetainExceptOnCreate');
  expect(bucket(site({ removalPolicy: RemovalPolicy.DESTROY })).DeletionPolicy).toBe('Delete');
});

test('fails when the folder has no index.html', () => {
  fs.rmSync(path.join(folder, 'index.html'));
  expect(() => site()).toThrow(
    `static site: 'directory' must be a folder with an index.html, got: '${folder}'; build the site before`,
  );
});

test('fails when the folder is too large for a function', () => {
  fs.truncateSync(path.join(folder, 'index.html'), 200_000_001);
  expect(() => site()).toThrow("static site: 'directory' must have at most 200 MB, since a function carries it, got: 201 MB");
});

test('fails when the edge is imported, or in another stack', () => {
  const stack = newStack();
  const bus = new PurgeBus(stack, 'Purges');
  const imported = EdgeDistribution.fromEdgeDistributionAttributes(stack, 'Imported', {
    distributionId: 'E1',
    domainName: 'd.cloudfront.net',
  });
  expect(() => site({ platform: { edge: imported, bus } }, stack)).toThrow(
    "static site: 'platform.edge' must be made in this app",
  );
  const other = new Stack(stack.node.root as never, 'other');
  const api = CachedApi.fromCachedApiAttributes(other, 'Api', { restApiId: 'abc', restApiName: 'shop', stageName: 'live' });
  const edge = new EdgeDistribution(other, 'Edge', { api });
  expect(() => site({ platform: { edge, bus } }, newStack())).toThrow(
    "static site: 'platform.edge' must be in the stack of the site",
  );
});

describe('the function before the bucket', () => {
  const run = (uri: string, query = '') => {
    const code = Object.values(site().findResources('AWS::CloudFront::Function'))[0]!.Properties.FunctionCode as string;
    const request = { method: 'GET', path: uri, query, headers: {}, address: '192.0.2.1' };
    const context = { distributionDomainName: 'd.cloudfront.net', distributionId: 'E1', requestId: 'r' };
    return new FunctionRuntime().viewerRequest({ name: 'index', code }, request, context) as {
      path?: string;
      status?: number;
      headers: string[];
    };
  };

  test.each([
    ['/', '/index.html'],
    ['/blog/', '/blog/index.html'],
    ['/app.js', '/app.js'],
    ['/v1.2/', '/v1.2/index.html'],
  ])('%s is the object %s', (uri, object) => {
    expect(run(uri).path).toBe(object);
  });

  test.each([
    ['/blog', '', '/blog/'],
    ['/blog', 'a=1&b', '/blog/?a=1&b'],
    ['//example.com/blog', '', '/example.com/blog/'],
    ['/\\example.com/blog', '', '/example.com/blog/'],
  ])('%s leads to a folder of this site: %s%s', (uri, query, target) => {
    const { status, headers } = run(uri, query);
    expect([status, headers[headers.findIndex((name) => name.toLowerCase() === 'location') + 1]]).toEqual([301, target]);
  });
});
