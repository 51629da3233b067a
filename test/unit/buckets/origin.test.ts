import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as origins from 'aws-cdk-lib/aws-cloudfront-origins';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Policies } from '../../../local/aws';
import { policiesFromTemplate } from '../../../local/aws/template-policies';
import { type Buckets, bucketsFromTemplate, types as bucketTypes, createBuckets } from '../../../local/buckets';
import { createEdge, type Edge, edgeFromTemplate, types as edgeTypes } from '../../../local/edge';
import { modelOf } from '../../support/assembly';
import { productContext } from '../../support/product-context';

// biome-ignore lint/suspicious/noExplicitAny: CloudFormation templates have no static shape here
type Template = any;

interface Setup {
  readonly levels?: cloudfront.AccessLevel[];
  readonly edit?: (resources: Template) => void;
}

/** A distribution before a bucket, as the CDK makes them. */
function synthesized({ levels, edit = () => undefined }: Setup) {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'buckets-'));
  const app = new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Site');
  const bucket = new s3.Bucket(stack, 'Bucket', { enforceSSL: true });
  const origin = origins.S3BucketOrigin.withOriginAccessControl(bucket, { originAccessLevels: levels, originPath: '/site' });
  new cloudfront.Distribution(stack, 'Distribution', { defaultBehavior: { origin } });
  const { template } = app.synth().getStackByName('Site');
  fs.rmSync(outdir, { recursive: true });
  edit(template.Resources);
  return modelOf({ Site: { template: { Resources: template.Resources } } }, { types: { ...edgeTypes, ...bucketTypes } });
}

const context = productContext();
let running: { readonly edge: Edge; readonly buckets: Buckets } | undefined;

async function start(setup: Setup = {}): Promise<Edge> {
  const model = synthesized(setup);
  const buckets = createBuckets(bucketsFromTemplate(model), context, new Policies(policiesFromTemplate(model)));
  const edge = createEdge(edgeFromTemplate(model), context, { port: 0 });
  running = { edge, buckets };
  await buckets.start();
  await edge.start();
  const Bucket = model.ref(model.resources('AWS::S3::Bucket')[0]!);
  const Headers = { 'content-type': 'text/html', 'cache-control': 'max-age=60' };
  const put = { Bucket, Key: 'site/a b.html', Body: Buffer.from('0123456789'), Headers, Metadata: { 'cache-tag': 'page:a' } };
  await buckets.operations.s3!.PutObject!.handle(put, {});
  return edge;
}

afterEach(async () => {
  await running?.edge.dispose();
  await running?.buckets.dispose();
  expect(context.registry.origins.size).toBe(0);
  fs.rmSync(path.join(context.environment.stateDir, 'buckets'), { recursive: true, force: true });
});
afterAll(() => context.cleanUp());

const statement = (resources: Template) =>
  Object.values<Template>(resources)
    .find(({ Type }) => Type === 'AWS::S3::BucketPolicy')!
    .Properties.PolicyDocument.Statement.find(({ Action }: Template) => Action === 's3:GetObject');
const controlOf = (resources: Template) =>
  Object.values<Template>(resources).find(({ Type }) => Type === 'AWS::CloudFront::OriginAccessControl').Properties
    .OriginAccessControlConfig;

test('an object of the bucket is given to its distribution, with its headers and metadata, and kept by the edge', async () => {
  const { url } = await start();
  const first = await fetch(`${url}/a%20b.html`);
  expect([first.status, await first.text()]).toEqual([200, '0123456789']);
  expect(Object.fromEntries(first.headers)).toMatchObject({
    'content-type': 'text/html',
    'cache-control': 'max-age=60',
    'x-amz-meta-cache-tag': 'page:a',
    etag: '"781e5e245d69b566979b86e28d23f2c7"',
    server: 'AmazonS3',
    'x-cache': 'Miss from cloudfront',
  });
  expect((await fetch(`${url}/a%20b.html`)).headers.get('x-cache')).toBe('Hit from cloudfront');
});

test('an expired object is fetched again only where the bucket has another one', async () => {
  const { url } = await start({
    edit: (resources) => {
      const distribution = Object.values<Template>(resources).find(({ Type }) => Type === 'AWS::CloudFront::Distribution');
      distribution.Properties.DistributionConfig.DefaultCacheBehavior.CachePolicyId = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
    },
  });
  const { headers } = await fetch(`${url}/a%20b.html`);
  const asked = { headers: { 'If-None-Match': headers.get('etag') ?? '' } };
  expect((await fetch(`${url}/a%20b.html`, asked)).status).toBe(304);
  const part = await fetch(`${url}/a%20b.html`, { headers: { Range: 'bytes=2-4' } });
  expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([206, '234', 'bytes 2-4/10']);
});

test.each<[string, Setup, number]>([
  ['a distribution that may not list the bucket', {}, 403],
  ['one that may', { levels: [cloudfront.AccessLevel.READ, cloudfront.AccessLevel.LIST] }, 404],
])('a key that is missing is for %s', async (_, setup, status) => {
  const { url } = await start(setup);
  const response = await fetch(`${url}/none`);
  expect(response.status).toBe(status);
  expect(await response.text()).toContain(status === 403 ? '<Code>AccessDenied</Code>' : '<Code>NoSuchKey</Code>');
});

test.each<[string, Setup['edit']]>([
  [
    'is for another distribution',
    (resources) => {
      statement(resources).Condition.StringEquals['AWS:SourceArn'] = 'arn:aws:cloudfront::000000000000:distribution/E0';
    },
  ],
  [
    'is for objects elsewhere',
    (resources) => {
      statement(resources).Resource = 'arn:aws:s3:::other/*';
    },
  ],
  [
    'is for requests that are signed, where none are',
    (resources) => {
      controlOf(resources).SigningBehavior = 'never';
    },
  ],
])('a bucket whose policy %s gives nothing out', async (_, edit) => {
  const { url } = await start({ edit });
  expect((await fetch(`${url}/a%20b.html`)).status).toBe(403);
  expect(context.lines.join('\n')).toMatch(/buckets: 403 for GET .*a b\.html/);
});

test('a bucket that is open to everybody is read without a signature, unless public access is blocked', async () => {
  const open = (block: object | undefined) => (resources: Template) => {
    controlOf(resources).SigningBehavior = 'never';
    Object.assign(statement(resources), { Principal: '*', Condition: undefined });
    delete statement(resources).Condition;
    Object.values<Template>(resources).find(({ Type }) => Type === 'AWS::S3::Bucket').Properties = {
      PublicAccessBlockConfiguration: block,
    };
  };
  const { url } = await start({ edit: open({ BlockPublicPolicy: false, RestrictPublicBuckets: false }) });
  expect((await fetch(`${url}/a%20b.html`)).status).toBe(200);
  await running?.edge.dispose();
  await running?.buckets.dispose();
  const blocked = await start({ edit: open({ BlockPublicPolicy: false, RestrictPublicBuckets: true }) });
  expect((await fetch(`${blocked.url}/a%20b.html`)).status).toBe(403);
});

test.each<[string, Setup['edit'], RegExp]>([
  [
    'a website endpoint',
    (resources) => {
      originOf(resources).DomainName = 'b.s3-website-eu-west-1.amazonaws.com';
    },
    /website endpoint, which doesn't run here; use the bucket with origin access control/,
  ],
  [
    'an access identity',
    (resources) => {
      originOf(resources).S3OriginConfig.OriginAccessIdentity = 'origin-access-identity/cloudfront/E1';
    },
    /origin access identity, which doesn't run here; use origin access control/,
  ],
  [
    'a bucket of elsewhere',
    (resources) => {
      originOf(resources).DomainName = 'b.s3.eu-west-1.amazonaws.com';
    },
    /'b\.s3\.eu-west-1\.amazonaws\.com', a bucket that the template doesn't have/,
  ],
  [
    'access control for something else',
    (resources) => {
      controlOf(resources).OriginAccessControlOriginType = 'mediastore';
    },
    /origin access control for 'mediastore' doesn't run here/,
  ],
])('%s is refused by name', (_, edit, message) => {
  expect(() => edgeFromTemplate(synthesized({ edit }))).toThrow(message);
});

test('a canned list that opens the bucket is refused by name', () => {
  const edit = (resources: Template) => {
    Object.values<Template>(resources).find(({ Type }) => Type === 'AWS::S3::Bucket').Properties = {
      AccessControl: 'PublicRead',
    };
  };
  expect(() => bucketsFromTemplate(synthesized({ edit }))).toThrow(
    /buckets: Site\/Bucket\w+: 'AccessControl' PublicRead isn't run here; grant the access by a bucket policy/,
  );
});

function originOf(resources: Template) {
  return Object.values<Template>(resources).find(({ Type }) => Type === 'AWS::CloudFront::Distribution').Properties
    .DistributionConfig.Origins[0];
}
