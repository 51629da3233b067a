import { s3Bucket } from '../../../lambdas/site-deployment/s3-bucket';
import { createEndpoint, type Endpoint, Network, Policies } from '../../../local/aws';
import { createBuckets } from '../../../local/buckets';
import { freePort } from '../../support/free-port';
import { productContext } from '../../support/product-context';

let port = 0;
const context = productContext({ environment: { port: () => port } });
let endpoint: Endpoint;

beforeAll(async () => {
  port = await freePort();
  const policies = new Policies({ account: '000000000000', region: 'eu-west-1', roles: new Map(), resources: new Map() });
  const bucket = { name: 'site', arn: 'arn:aws:s3:::site', domainNames: [], blocksPublic: true };
  const nothing = { functions: new Map(), subnets: new Map(), groups: new Map(), endpoints: [], prefixLists: new Map() };
  endpoint = createEndpoint(
    {
      operations: [createBuckets({ buckets: [bucket], distributions: new Map() }, context, policies).operations],
      policies,
      network: new Network({ region: 'eu-west-1', ...nothing }),
      callers: new Map(),
    },
    context,
  );
  await endpoint.start();
});
afterAll(async () => {
  await endpoint.dispose();
  context.cleanUp();
});

const bucketAt = (more: Partial<Parameters<typeof s3Bucket>[0]> = {}) =>
  s3Bucket({
    name: 'site',
    region: 'eu-west-1',
    credentials: { ...context.keys.operator, sessionToken: 'a token' },
    endpointUrl: `http://127.0.0.1:${port}`,
    retryMs: 0,
    ...more,
  });

test.each(['a.txt', "site/Ä b+c/(it's)!*.html", 'x//y/../z'])('an object is put, read and deleted: %s', async (key) => {
  const bucket = bucketAt();
  expect(await bucket.get(key)).toBeUndefined();
  await bucket.put(key, Buffer.from([0, 1, 255]), { 'content-type': 'text/plain', 'x-amz-meta-cache-tag': 'page:/' });
  expect(await bucket.get(key)).toEqual(Buffer.from([0, 1, 255]));
  await bucket.delete(key);
  expect(await bucket.get(key)).toBeUndefined();
});

test('a request is sent again where S3 is busy or the connection breaks, and fails by name in the end', async () => {
  const answers = [new Error('reset'), new Response('', { status: 503 }), new Response('', { status: 200 })];
  const asked: string[] = [];
  const get = (async (url: URL, { method }: RequestInit) => {
    asked.push(`${method} ${url.pathname}`);
    const answer = answers.shift() ?? new Response('', { status: 500 });
    if (answer instanceof Error) throw answer;
    return answer;
  }) as typeof fetch;
  await bucketAt({ fetch: get }).put('a', Buffer.from('x'), {});
  expect(asked).toEqual(['PUT /site/a', 'PUT /site/a', 'PUT /site/a']);
  await expect(bucketAt({ fetch: get }).delete('a')).rejects.toThrow(
    "DELETE of 'a' in bucket 'site' failed: it was answered 500",
  );
  expect(asked).toHaveLength(8);
});

test('what S3 refuses is not repeated, and says why', async () => {
  await expect(bucketAt({ name: 'none' }).put('a', Buffer.from('x'), {})).rejects.toThrow(
    "PUT of 'a' in bucket 'none' was answered 404, NoSuchBucket",
  );
});
