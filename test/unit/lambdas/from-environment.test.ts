import { cacheFromEnvironment, type Database } from '../../../lambdas/platform';
import * as variables from '../../../lib/contract/variables';

// A secret that is never read, so that nothing is connected to.
jest.mock('../../../lambdas/platform/secrets', () => ({ createSecret: () => ({ value: () => new Promise(() => {}) }) }));

const before = { ...process.env };
beforeEach(() => {
  process.env[variables.SHARED_ENDPOINT] = 'shared.example.com:6379';
  process.env[variables.SHARED_SECRET_ARN] = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:shared';
  process.env[variables.CACHE_NAMESPACE] = 'shop';
});
afterEach(() => {
  process.env = { ...before };
});

const database = { writer: {}, readers: [] } as unknown as Database;

test('a function that computes for long gives its loads more time than others have', async () => {
  const usual = cacheFromEnvironment(database);
  const patient = cacheFromEnvironment(database, { loadTimeoutMs: 25_000 });
  expect(usual.internals.read.loadTimeoutMs).toBe(10_000);
  expect(patient.internals.read.loadTimeoutMs).toBe(25_000);
  await Promise.all([usual.close(), patient.close()]);
});

test('a time that is none is refused by its name', () => {
  expect(() => cacheFromEnvironment(database, { loadTimeoutMs: 0 })).toThrow(/'loadTimeoutMs'/);
});
