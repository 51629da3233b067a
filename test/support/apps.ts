import * as fs from 'node:fs';
import * as path from 'node:path';
import { App } from 'aws-cdk-lib';

const folder = path.resolve(__dirname, '../apps');

/** Names of the apps of `test/apps`: stacks of one's own, as people write them. */
export const APPS: readonly string[] = fs
  .readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => path.basename(name, '.ts'))
  .sort();

/** Source file of an app. */
export const appFile = (name: string): string => path.join(folder, `${name}.ts`);

/** Function that adds the stacks of an app. */
export const addToOf = (name: string): ((app: App) => void) => require(appFile(name)).default;

/** Synthesizes an app, with the feature flags of this project. @returns the cloud assembly's folder. */
export function synthesizeApp(name: string, outdir: string): string {
  const { context } = JSON.parse(fs.readFileSync(path.resolve(__dirname, '../../cdk.json'), 'utf8'));
  // A report of warnings isn't what these are for.
  const quiet = { ...context, '@aws-cdk/core:annotationsInValidationReport': false };
  const app = new App({ outdir, context: quiet, builtinCloudFormationValidation: false });
  addToOf(name)(app);
  return app.synth().directory;
}
