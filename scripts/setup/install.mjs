/** Installs the packages of a project: `node install.mjs FOLDER`. */
import { npm } from './npm.mjs';
import { SetupError, step } from './progress.mjs';

try {
  step('installing packages (npm install)', () => npm(process.argv[2], 'install', '--prefer-offline'));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
