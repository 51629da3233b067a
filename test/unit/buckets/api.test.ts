import * as fs from 'node:fs';
import * as path from 'node:path';
import { createEndpoint, type Endpoint, Network, Policies } from '../../../local/aws';
import { parsePolicy, type Statement } from '../../../local/aws/policy-document';
import { createBuckets } from '../../../local/buckets';
import { freePort } from '../../support/free-port';
import { ManualClock } from '../../support/manual-clock';
import { productContext } from '../../support/product-context';
import { presigned, signedFetch } from '../../support/signed-request';

const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:writer';
const ROLE = 'arn:aws:iam::000000000000:role/writer';
const ARN = 'arn:aws:s3:::site';

let port = 0;
const clock = new ManualClock();
const context = productContext({ clock, environment: { port: () => port } });
let identity: Statement[] = [];
const policies = new Policies({
  account: '000000000000',
  region: 'eu-west-1',
  roles: new Map([
    [
      ROLE,
      {
        name: 'writer',
        get identity() {
          return identity;
        },
      },
    ],
  ]),
  resources: new Map([
    [
      ARN,
      parsePolicy({ Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:DeleteObject', Resource: `${ARN}/kept` }] }, 'p'),
    ],
  ]),
});
const options = {
  buckets: [{ name: 'site', arn: ARN, domainNames: [], blocksPublic: true }],
  distributions: new Map(),
};
const create = () => createBuckets(options, context, policies);
let endpoint: Endpoint;
let url: string;

beforeAll(async () => {
  port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const network = {
    region: 'eu-west-1',
    functions: new Map(),
    subnets: new Map(),
    groups: new Map(),
    endpoints: [],
    prefixLists: new Map(),
  };
  const { accessKeyId } = context.keys.of(FUNCTION);
  const callers = new Map([[accessKeyId, { functionArn: FUNCTION, roleArn: ROLE }]]);
  endpoint = createEndpoint({ operations: [create().operations], policies, network: new Network(network), callers }, context);
  await endpoint.start();
});
afterAll(async () => {
  await endpoint.dispose();
  context.cleanUp();
});

interface Call {
  readonly body?: string | Buffer;
  readonly headers?: Record<string, string>;
  /** True for the function's key; otherwise the operator asks. */
  readonly asFunction?: boolean;
}

const call = (method: string, target: string, { asFunction = false, ...more }: Call = {}) => {
  const credentials = asFunction ? context.keys.of(FUNCTION) : context.keys.operator;
  return signedFetch(`${url}${target}`, { method, service: 's3', credentials, ...more });
};
const put = (key: string, body: string | Buffer, headers: Record<string, string> = {}) =>
  call('PUT', `/site/${key}`, { body, headers });
const allow = (...statements: [action: string, resource: string][]) => {
  identity = parsePolicy(
    { Statement: statements.map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource })) },
    'policy',
  );
};

test('an object is put, read and headed with its headers and metadata, byte for byte', async () => {
  const headers = {
    'content-type': 'text/css',
    'cache-control': 'max-age=1',
    'content-encoding': 'gzip',
    'x-amz-meta-Cache-Tag': 'a,b',
  };
  const bytes = Buffer.from([0, 255, 31, 139]);
  const written = await put('a%20b/%C3%BC%2B..css', bytes, headers);
  expect([written.status, written.headers.get('etag')]).toEqual([200, '"11a96325d8ce09b2becd2e2df67ae18e"']);
  const headed = await call('HEAD', '/site/a%20b/%C3%BC%2B..css');
  const expected = {
    'content-type': 'text/css',
    'cache-control': 'max-age=1',
    'content-encoding': 'gzip',
    'x-amz-meta-cache-tag': 'a,b',
    'content-length': '4',
    'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
    'accept-ranges': 'bytes',
    etag: '"11a96325d8ce09b2becd2e2df67ae18e"',
  };
  expect(Object.fromEntries(headed.headers)).toMatchObject(expected);
});

test('an object has a type where its writer said none, and its newest version alone on disk', async () => {
  await put('v', Buffer.from('one'));
  await put('v', Buffer.from('two'));
  const read = await call('GET', '/site/v');
  expect([await read.text(), read.headers.get('content-type')]).toEqual(['two', 'binary/octet-stream']);
  const files = fs.readdirSync(path.join(context.environment.stateDir, 'buckets/site'));
  await call('DELETE', '/site/v');
  expect(fs.readdirSync(path.join(context.environment.stateDir, 'buckets/site'))).toHaveLength(files.length - 1);
});

test('objects are still there for buckets that are made again in the same folder', async () => {
  await put('stays', 'here', { 'x-amz-meta-a': '1' });
  const again = create().operations.s3!.GetObject!;
  expect(await again.handle({ Bucket: 'site', Key: 'stays' }, {})).toMatchObject({
    status: 200,
    body: Buffer.from('here'),
    headers: { 'x-amz-meta-a': '1' },
  });
});

test.each<[Record<string, string>, number, string]>([
  [{ range: 'bytes=2-4' }, 206, '234'],
  [{ range: 'bytes=-2' }, 206, '89'],
  [{ range: 'bytes=0-1,4-5' }, 200, '0123456789'],
  [{ range: 'bytes=10-' }, 416, 'InvalidRange'],
  [{ 'if-none-match': '"781e5e245d69b566979b86e28d23f2c7"' }, 304, ''],
  [{ 'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' }, 304, ''],
  [{ 'if-match': '"other"' }, 412, 'PreconditionFailed'],
  [{ 'if-unmodified-since': 'Wed, 31 Dec 2025 23:59:59 GMT' }, 412, 'PreconditionFailed'],
])('a read with %j is answered %i', async (headers, status, body) => {
  await put('ten', '0123456789');
  const response = await call('GET', '/site/ten', { headers });
  expect(response.status).toBe(status);
  expect(await response.text()).toContain(body);
});

test.each<[string, Record<string, string>, number, string]>([
  ['an object that is there, unless there is none', { 'if-none-match': '*' }, 412, 'PreconditionFailed'],
  ['another version than the one that is there', { 'if-match': '"other"' }, 412, 'PreconditionFailed'],
  ['a body with another hash', { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' }, 400, 'BadDigest'],
  ['a body with another CRC', { 'x-amz-checksum-crc32': 'AAAAAA==' }, 400, 'BadDigest'],
  ['a list of access', { 'x-amz-acl': 'public-read' }, 400, 'AccessControlListNotSupported'],
  ['too much metadata', { 'x-amz-meta-a': 'x'.repeat(2048) }, 400, 'MetadataTooLarge'],
])('does not write %s', async (_, headers, status, code) => {
  await put('there', 'before');
  const refused = await put('there', 'after', headers);
  expect([refused.status, await refused.text()]).toEqual([status, expect.stringContaining(`<Code>${code}</Code>`)]);
  expect(await (await call('GET', '/site/there')).text()).toBe('before');
});

test('a body in chunks is put together, and the hash behind it is compared', async () => {
  const chunked = (crc: string) =>
    put('chunks', `3;chunk-signature=0\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:${crc}\r\n\r\n`, {
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'content-encoding': 'aws-chunked',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    });
  expect((await chunked('AAAAAA==')).status).toBe(400);
  expect((await chunked('hYfYZQ==')).status).toBe(200);
  const read = await call('GET', '/site/chunks');
  expect([await read.text(), read.headers.get('content-encoding')]).toEqual(['abcde', null]);
});

test('keys are listed in the order of their bytes, by prefix, delimiter and page', async () => {
  for (const key of ['l/b', 'l/a/1', 'l/a/2', 'l/a.txt', 'l/%C3%A4']) await put(key, 'x');
  const list = async (query: string) => {
    const text = await (await call('GET', `/site?list-type=2&prefix=l%2F${query}`)).text();
    const all = (name: string) => [...text.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'g'))].map(([, value]) => value);
    return {
      keys: all('Key'),
      prefixes: all('CommonPrefixes'),
      token: all('NextContinuationToken')[0],
      count: all('KeyCount')[0],
    };
  };
  expect(await list('')).toEqual({
    keys: ['l/a.txt', 'l/a/1', 'l/a/2', 'l/b', 'l/ä'],
    prefixes: [],
    token: undefined,
    count: '5',
  });
  const first = await list('&delimiter=%2F&max-keys=2');
  expect(first).toMatchObject({ keys: ['l/a.txt'], prefixes: ['<Prefix>l/a/</Prefix>'], count: '2' });
  expect(await list(`&delimiter=%2F&max-keys=2&continuation-token=${first.token}`)).toEqual({
    keys: ['l/b', 'l/ä'],
    prefixes: [],
    token: undefined,
    count: '2',
  });
});

test('many keys are deleted at once, and those that a policy keeps are named', async () => {
  for (const key of ['gone', 'kept']) await put(key, 'x');
  allow(['s3:DeleteObject', `${ARN}/*`]);
  const body = '<Delete><Object><Key>gone</Key></Object><Object><Key>kept</Key></Object></Delete>';
  const text = await (await call('POST', '/site?delete', { body, asFunction: true })).text();
  expect(text).toContain('<Deleted><Key>gone</Key></Deleted><Error><Key>kept</Key><Code>AccessDenied</Code>');
  expect((await call('GET', '/site/kept')).status).toBe(200);
});

test.each<[string, [string, string][], number]>([
  ['reads by a policy of its role', [['s3:GetObject', `${ARN}/*`]], 200],
  ['does not read without one', [['s3:GetObject', `${ARN}/other`]], 403],
])('a function %s', async (_, statements, status) => {
  await put('secret', 'x');
  allow(...statements);
  expect((await call('GET', '/site/secret', { asFunction: true })).status).toBe(status);
});

test('a function that may not list the bucket is not told that a key is missing', async () => {
  allow(['s3:GetObject', `${ARN}/*`]);
  const denied = await call('GET', '/site/none', { asFunction: true });
  expect([denied.status, await denied.text()]).toEqual([403, expect.stringContaining('<Code>AccessDenied</Code>')]);
  allow(['s3:GetObject', `${ARN}/*`], ['s3:ListBucket', ARN]);
  const missing = await call('GET', '/site/none', { asFunction: true });
  expect([missing.status, await missing.text()]).toEqual([404, expect.stringContaining('<Code>NoSuchKey</Code>')]);
});

test.each<[string, string, string]>([
  ['GET', '/site?acl', 'GET /site ?acl of s3 is not run here; run are: ListBuckets, ListObjectsV2'],
  ['POST', '/site/a?uploads', 'POST /site/a ?uploads of s3 is not run here'],
  ['GET', '/site/a?versionId=1', 'GET /site/a ?versionId of s3 is not run here'],
])('%s %s is refused by name', async (method, target, message) => {
  const response = await call(method, target);
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(message)]);
});

test('a presigned URL reads an object', async () => {
  await put('signed', 'by a URL');
  const headers = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  const request = { service: 's3', credentials: context.keys.operator, expiresSeconds: 60, headers };
  expect(await (await fetch(await presigned(`${url}/site/signed`, request))).text()).toBe('by a URL');
});

test('buckets are listed, and another one is not found', async () => {
  expect(await (await call('GET', '/')).text()).toContain('<Bucket><Name>site</Name>');
  const other = await call('GET', '/other/key');
  expect([other.status, await other.text()]).toEqual([404, expect.stringContaining('<Code>NoSuchBucket</Code>')]);
});
