const project = (name, overrides = {}) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
  },
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/assets', '<rootDir>/.cachement'],
  ...overrides,
});

/** @type {import('jest').Config} */
module.exports = {
  // Two, because an integration test runs a whole platform of processes beside its worker.
  maxWorkers: 2,
  testTimeout: 120_000,
  projects: [
    project('unit'),
    project('contract'),
    project('snapshot', { setupFilesAfterEnv: ['aws-cdk-lib/testhelpers/jest-autoclean'] }),
    project('integration'),
    project('checks'),
  ],
};
