import { Keyring, type SignedRequest, scopeProblem, signatureOf, signatureProblem, timeProblem } from '../../../local/identity';
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

const signature = signatureOf({
  headers: { authorization: 'AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/execute-api/aws4_request, Signature=0' },
  queryString: '',
})!;

test.each([
  ['us-east-1', 'execute-api', undefined],
  ['eu-west-1', 'execute-api', "Credential should be scoped to a valid region, not 'us-east-1'."],
  ['us-east-1', 'events', "Credential should be scoped to correct service: 'events'."],
])('a signature for us-east-1 and execute-api is taken in %s by %s: %s', (region, service, expected) => {
  expect(scopeProblem(signature, { region, service })).toBe(expected);
});

test.each([
  ['20260101T000000Z', undefined],
  ['20251231T235500Z', undefined],
  ['20251231T235459Z', 'Signature expired: 20251231T235459Z is now earlier than 20251231T235500Z (20260101T000000Z - 5 min.)'],
  ['20260101T000500Z', undefined],
  [
    '20260101T000501Z',
    'Signature not yet current: 20260101T000501Z is still later than 20260101T000500Z (20260101T000000Z + 5 min.)',
  ],
  ['20261301T000000Z', "Date must be in ISO-8601 'basic format'. Got '20261301T000000Z'."],
  ['2026-01-01T00:00:00Z', "Date must be in ISO-8601 'basic format'. Got '2026-01-01T00:00:00Z'."],
  ['', "Date must be in ISO-8601 'basic format'. Got ''."],
])('a signature of %j, at midnight: %s', (time, expected) => {
  expect(timeProblem({ ...signature, time }, Date.UTC(2026, 0, 1))).toBe(expected);
});

test.each([
  [60, 60_000, undefined],
  [60, 60_001, 'Signature expired: 20260101T000000Z was valid for 60 s'],
  [Number.NaN, 0, 'Signature expired: 20260101T000000Z was valid for NaN s'],
])('a presigned URL for %d s, %d ms later: %s', (expiresSeconds, later, expected) => {
  const presigned = { ...signature, time: '20260101T000000Z', presigned: true, expiresSeconds };
  expect(timeProblem(presigned, Date.UTC(2026, 0, 1) + later)).toBe(expected);
});

test.each(['__proto__', 'constructor', 'toString'])('a signed header named %s is looked up in no prototype', async (name) => {
  const request = await signed();
  const authorization = String(request.headers.authorization).replace('host;', `host;${name};`);
  expect(problem({ ...request, headers: { ...request.headers, authorization } })).toBe(MISMATCH);
});

test('a signature of characters that take several bytes is refused', async () => {
  const request = await signed();
  const authorization = String(request.headers.authorization).replace(/Signature=.*/, `Signature=${'é'.repeat(64)}`);
  expect(problem({ ...request, headers: { ...request.headers, authorization } })).toBe(MISMATCH);
});
