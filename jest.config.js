if (!require('node:fs').existsSync(`${__dirname}/node_modules/@swc/jest`)) {
  console.error('packages are not installed: run npm test, or node scripts/setup.mjs');
  process.exit(1);
}

const project = (name, overrides = {}) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } }],
  },
  // The package by its own name, as in `paths` of tsconfig.json.
  moduleNameMapper: {
    '^cachement$': '<rootDir>/lib',
    '^cachement/route$': '<rootDir>/lib/route',
    '^cachement/functions$': '<rootDir>/lambdas/platform',
    '^cachement/runtime(.*)$': '<rootDir>/lambdas/runtime$1',
    '^cachement/patterns/(.*)$': '<rootDir>/lambdas/runtime/patterns/$1',
  },
  setupFiles: ['<rootDir>/test/support/short-stacks.ts'],
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/assets', '<rootDir>/.cachement'],
  ...overrides,
});

/** @type {import('jest').Config} */
module.exports = {
  // One more than the smallest machine has processors: integration tests wait for servers most of the time.
  maxWorkers: 3,
  // What a machine needs that is many times slower than two free processors: a platform starts in 15 s on those.
  testTimeout: 400_000,
  projects: [
    project('unit'),
    project('contract'),
    project('snapshot', { setupFilesAfterEnv: ['aws-cdk-lib/testhelpers/jest-autoclean'] }),
    project('integration'),
    project('checks'),
  ],
};
