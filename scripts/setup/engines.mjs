/**
 * Finds or fetches servers of engines for a project: `node engines.mjs FOLDER [redis] [postgres] [--yes]`. With `--yes` it may
 * install a package into the project.
 */
import { ensurePostgres } from './postgres.mjs';
import { SetupError } from './progress.mjs';
import { ensureRedis } from './redis.mjs';

const [project, ...words] = process.argv.slice(2);

try {
  if (words.includes('postgres')) ensurePostgres(project, { install: words.includes('--yes') });
  if (words.includes('redis')) ensureRedis(project);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
