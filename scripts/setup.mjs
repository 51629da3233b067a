#!/usr/bin/env node
/**
 * Makes a clone ready: packages, PostgreSQL and a Redis server. Runs before `npm start` and `npm test`, also as the first command
 * in a new clone, so it has no dependencies. Asks nothing, needs no root, installs nothing outside the clone, and does nothing
 * where all is there. With `--packages` it leaves engines out, for commands that start none.
 */

import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensurePackages } from './setup/packages.mjs';
import { ensurePostgres } from './setup/postgres.mjs';
import { SetupError } from './setup/progress.mjs';
import { ensureRedis } from './setup/redis.mjs';

/** The oldest Node that the packages support. */
const NODE_MAJOR = 20;

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

try {
  if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
    throw new SetupError(
      `Node ${NODE_MAJOR} or newer is needed, this is ${process.version}: install one from your system or nodejs.org`,
    );
  }
  ensurePackages(root);
  if (!process.argv.includes('--packages')) {
    ensurePostgres(root);
    ensureRedis(root);
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`set-up: ${error.message}`);
  process.exitCode = 1;
}
