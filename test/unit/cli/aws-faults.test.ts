import { spawnSync } from 'node:child_process';
import * as os from 'node:os';
import * as path from 'node:path';
import { explaining } from '../../../cli/aws-faults';

const root = path.resolve(__dirname, '../../..');

function purge(environment: Record<string, string>) {
  const { status, stderr } = spawnSync(
    process.execPath,
    [path.join(root, 'cli/cachement.cjs'), 'purge', '--tag', 'product:1', '--bus', 'some-bus'],
    {
      cwd: os.tmpdir(),
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: os.tmpdir(), AWS_EC2_METADATA_DISABLED: 'true', ...environment },
    },
  );
  return { status, stderr };
}

const KEYS = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' };

test.each([
  ['without a region', KEYS, 'no region is set: export AWS_REGION'],
  ['without credentials', { AWS_REGION: 'eu-central-1' }, 'there are no credentials of AWS: log in with'],
  [
    'with nothing at the endpoint',
    { ...KEYS, AWS_REGION: 'eu-central-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
    'nothing listens at the endpoint: start the platform with `npx cachement dev`',
  ],
])('a purge %s says what mends it, without a stack', (_, environment, message) => {
  const { status, stderr } = purge(environment);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(status).toBe(1);
});

test('wrong credentials are named as such, and another error is as it was', async () => {
  const refused = Object.assign(new Error('The request signature does not match'), { name: 'SignatureDoesNotMatch' });
  await expect(explaining(() => Promise.reject(refused))).rejects.toThrow(
    'these credentials are not taken: they are wrong, or of another account or platform\n(The request signature does not match)',
  );
  const other = new Error('something else');
  await expect(explaining(() => Promise.reject(other))).rejects.toBe(other);
});
