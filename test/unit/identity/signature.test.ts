import { Keyring, type SignedRequest, signatureOf, signatureProblem } from '../../../local/identity';
import { signedHeaders } from '../../support/signed-request';

const keys = new Keyring('a secret of this test alone');
const URL_PATH = '/restapis/a%20b/stages/v1';
const QUERY = 'b=2&a=1%2F3&a=%C3%A9&empty';

/** A request that the SDK's signer has signed, as a server sees it. */
async function signed(more: { headers?: Record<string, string>; body?: string } = {}): Promise<SignedRequest> {
  const { body = '{"a":1}', headers = { 'x-spaced': ' a   b ' } } = more;
  return {
    method: 'POST',
    path: URL_PATH,
    queryString: QUERY,
    headers: await signedHeaders(`http://127.0.0.1:1${URL_PATH}?${QUERY}`, {
      service: 'apigateway',
      credentials: keys.operator,
      headers,
      body,
    }),
    body: Buffer.from(body),
  };
}

function problem(request: SignedRequest, secret = keys.operator.secretAccessKey): string | undefined {
  return signatureProblem(request, signatureOf(request)!, secret);
}

test("a request that the SDK's signer signed is taken, and says who signed it and for what", async () => {
  const request = await signed();
  expect(problem(request)).toBeUndefined();
  expect(signatureOf(request)).toMatchObject({
    accessKeyId: keys.operator.accessKeyId,
    region: 'eu-central-1',
    service: 'apigateway',
    presigned: false,
  });
});

const MISMATCH = 'The request signature we calculated does not match the signature you provided.';

test.each<[string, (request: SignedRequest) => SignedRequest, string]>([
  ['another method', (request) => ({ ...request, method: 'DELETE' }), MISMATCH],
  ['another path', (request) => ({ ...request, path: '/restapis/other/stages/v1' }), MISMATCH],
  ['another query string', (request) => ({ ...request, queryString: `${QUERY}&c=3` }), MISMATCH],
  ['another header', (request) => ({ ...request, headers: { ...request.headers, 'x-spaced': 'c' } }), MISMATCH],
  [
    'another body',
    (request) => ({ ...request, body: Buffer.from('{"a":2}') }),
    'The provided x-amz-content-sha256 header does not match what was computed.',
  ],
  [
    'a body that is not hashed',
    ({ headers: { 'x-amz-content-sha256': _, ...headers }, ...request }) => ({ ...request, headers }),
    MISMATCH,
  ],
  [
    'another day',
    (request) => ({ ...request, headers: { ...request.headers, 'x-amz-date': '20200101T000000Z' } }),
    "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date: '20200101T000000Z'",
  ],
  [
    'an unsigned host',
    (request) => ({
      ...request,
      headers: { ...request.headers, authorization: String(request.headers.authorization).replace('host;', '') },
    }),
    "'host' must be a SignedHeader in the AWS Authorization.",
  ],
])('a request with %s is refused', async (_, change, message) => {
  expect(problem(change(await signed()))).toBe(message);
});

test('a request that was signed with another secret is refused', async () => {
  expect(problem(await signed(), keys.of('arn').secretAccessKey)).toBe(MISMATCH);
});

test.each([
  [undefined],
  ['Bearer Credential=a/b/c/d/aws4_request'],
  ['AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1'],
  [`AWS4-HMAC-SHA256 ${'Credential='.repeat(20_000)}`],
])('%.60s is no signature', (authorization) => {
  expect(signatureOf({ headers: { authorization }, queryString: '' })).toBeUndefined();
});
