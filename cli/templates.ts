import * as fs from 'node:fs';
import * as path from 'node:path';

/** Part of a package.json that a template adds to. */
export interface Manifest {
  readonly name?: string;
  readonly version?: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly type?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** An app to begin with. */
export interface Template {
  readonly name: string;
  readonly folder: string;
  readonly manifest: Manifest;
  /** Paths of its files, but for package.json, as they are called in an app. */
  readonly files: readonly string[];
}

/** In the package, and in a checkout. */
const FOLDERS = [path.join(__dirname, '../templates'), path.join(__dirname, '../examples')];

/** What a template's folder may hold of its own use. */
const NOT_COPIED = ['node_modules', 'cdk.out', 'package.json', 'package-lock.json'];

/** npm leaves files of this name out of a package, so that a template has it under the second name. */
const GITIGNORE = ['.gitignore', '_gitignore'] as const;

/** npm writes this script into a new package.json. */
const NO_TEST = /no test specified/;

/** Every template, by name. */
export function templates(folder = FOLDERS.find((each) => fs.existsSync(each))!): Template[] {
  return fs
    .readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const own = path.join(folder, name);
      if (!fs.existsSync(path.join(own, 'package.json'))) return [];
      return [{ name, folder: own, manifest: readManifest(own)!, files: filesOf(own).map(inApp) }];
    });
}

function filesOf(folder: string, below = ''): string[] {
  return fs.readdirSync(path.join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    // A hidden folder is what a run has left there, such as a site that was built.
    if ((below === '' && NOT_COPIED.includes(entry.name)) || (entry.isDirectory() && entry.name.startsWith('.'))) return [];
    const name = path.join(below, entry.name);
    return entry.isDirectory() ? filesOf(folder, name) : [name];
  });
}

const inApp = (name: string): string => (name === GITIGNORE[1] ? GITIGNORE[0] : name);
const inTemplate = (name: string): string => (name === GITIGNORE[0] ? GITIGNORE[1] : name);

/** @returns undefined where there is none. */
export function readManifest(folder: string): Manifest | undefined {
  const file = path.join(folder, 'package.json');
  if (!fs.existsSync(file)) return undefined;
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`'${file}' must be JSON; ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Copies a template into a folder, and adds to its package.json what the template needs. Nothing that is there is overwritten:
 * names and versions of the app's own package.json stay.
 * @throws {Error} that names every conflict, before anything is written.
 */
export function copyTemplate({ name, folder, manifest, files }: Template, target: string): void {
  const existing = files.filter((file) => fs.existsSync(path.join(target, file)));
  const app: Manifest = readManifest(target) ?? { name: path.basename(path.resolve(target)), version: '0.1.0', private: true };
  const scripts = Object.entries(manifest.scripts ?? {}).filter(
    ([script, command]) => ![undefined, command].includes(app.scripts?.[script]) && !NO_TEST.test(app.scripts![script]!),
  );
  const conflicts = [
    ...existing.map((file) => `${file} is there already`),
    ...scripts.map(([script]) => `package.json has a script '${script}' of its own`),
    ...(app.type === 'module' && manifest.type !== 'module'
      ? ['package.json has "type": "module", and the template is CommonJS']
      : []),
  ];
  if (conflicts.length > 0) {
    throw new Error(
      `template '${name}' would overwrite what is in '${target}'; begin in another folder with --directory NAME:\n${conflicts.map((each) => `  ${each}`).join('\n')}`,
    );
  }
  for (const file of files) {
    fs.mkdirSync(path.dirname(path.join(target, file)), { recursive: true });
    const source = [inTemplate(file), file].map((each) => path.join(folder, each)).find((each) => fs.existsSync(each))!;
    fs.copyFileSync(source, path.join(target, file), fs.constants.COPYFILE_EXCL);
  }
  fs.writeFileSync(path.join(target, 'package.json'), `${JSON.stringify(merged(app, manifest), null, 2)}\n`);
}

function merged(app: Manifest, template: Manifest): Manifest {
  const known = { ...app.dependencies, ...app.devDependencies };
  const missing = (all: Manifest['dependencies'] = {}) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => !Object.hasOwn(known, name)));
  const sorted = (all: Record<string, string>) => Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    ...app,
    scripts: { ...app.scripts, ...template.scripts },
    dependencies: sorted({ ...app.dependencies, ...missing(template.dependencies) }),
    devDependencies: sorted({ ...app.devDependencies, ...missing(template.devDependencies) }),
  };
}
