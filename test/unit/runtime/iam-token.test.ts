import { iamToken } from '../../../lambdas/runtime/shared/iam-token';
import { presigned } from '../../support/signed-request';

const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a/secret+key', sessionToken: 'a session/token==' };
const options = { user: 'shop', cache: 'Shop-Prod', region: 'eu-central-1', credentials: () => credentials };
const date = new Date('2026-11-28T09:00:00.000Z');

/** Parameters of a token or URL, in no particular order. */
const parametersOf = (url: string) => Object.fromEntries(new URL(url).searchParams);

test.each([
  [false, 'http://shop-prod/?Action=connect&User=shop'],
  [true, 'http://shop-prod/?Action=connect&User=shop&ResourceType=ServerlessCache'],
])("a token is what the SDK's signer makes, serverless: %s", async (serverless, url) => {
  const { username, password } = await iamToken({ ...options, serverless, now: () => date })();
  const expected = await presigned(url, {
    service: 'elasticache',
    credentials,
    region: 'eu-central-1',
    date,
    expiresSeconds: 900,
  });
  expect(username).toBe('shop');
  expect(password).toMatch(/^shop-prod\/\?/);
  expect(parametersOf(`http://${password}`)).toEqual(parametersOf(expected.href));
});

test('each connection gets a token of its own, made of the credentials of the moment', async () => {
  let asked = 0;
  const token = iamToken({
    ...options,
    credentials: async () => ({ accessKeyId: `KEY${++asked}`, secretAccessKey: 'secret' }),
    now: () => date,
  });
  const [first, second] = [await token(), await token()];
  expect(first.password).toContain('X-Amz-Credential=KEY1%2F20261128%2Feu-central-1%2Felasticache%2Faws4_request');
  expect(second.password).toContain('X-Amz-Credential=KEY2%2F');
});

test.each([
  ['user', { user: '' }],
  ['cache', { cache: 'a b' }],
  ['region', { region: undefined as never }],
])("an option that can't be used is named: %s", (name, change) => {
  expect(() => iamToken({ ...options, ...change })).toThrow(`'${name}' must be a name, got: `);
});
