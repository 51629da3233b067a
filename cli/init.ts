import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Command, UsageError } from './arguments';
import { copyTemplate, templates } from './templates';

const HELP = `Begins an app from a template.

  npx cachement init --template NAME [--directory DIR] [--no-install]

  --list           name the templates
  --template NAME  template to copy, such as store
  --directory DIR  folder of the app, made where there is none (default: this one)
  --no-install     only write files; run npm install yourself
  --help           show this text

Nothing is overwritten: a folder that holds more than package.json and packages may be refused.
`;

const OPTIONS = {
  list: { type: 'boolean', default: false },
  template: { type: 'string' },
  directory: { type: 'string', default: '.' },
  'no-install': { type: 'boolean', default: false },
} as const;

/** In the package, and in a checkout. */
const INSTALL = ['../../scripts/setup/install.mjs', '../scripts/setup/install.mjs'].map((each) => path.join(__dirname, each));

/** `cachement init`. */
export function initCommand(): Command<typeof OPTIONS> {
  return {
    help: HELP,
    options: OPTIONS,
    run({ values }, { out }) {
      const all = templates();
      if (values.list) {
        out(all.map(({ name, manifest }) => `${name.padEnd(12)} ${manifest.description ?? ''}`.trimEnd()).join('\n'));
        return;
      }
      const names = all.map(({ name }) => name).join(', ');
      const template = all.find(({ name }) => name === values.template);
      if (!template)
        throw new UsageError(`'--template' must be one of ${names}, got: ${values.template ? `'${values.template}'` : 'none'}`);
      const target = path.resolve(values.directory);
      fs.mkdirSync(target, { recursive: true });
      copyTemplate(template, target);
      out(`${template.files.length} files of template '${template.name}' are in ${target}`);
      if (!values['no-install']) install(target);
      const enter = target === process.cwd() ? [] : [`cd ${path.relative(process.cwd(), target)}`];
      const next = [...enter, ...(values['no-install'] ? ['npm install'] : []), 'npx cachement dev', 'npm test', 'npx cdk synth'];
      out(`\nnext:\n${next.map((command) => `  ${command}`).join('\n')}`);
    },
  };
}

/** @throws {Error} that says how to go on; the files stay. */
function install(target: string): void {
  const script = INSTALL.find((each) => fs.existsSync(each))!;
  const { status } = spawnSync(process.execPath, [script, target], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the files are written, and packages are missing: run npm install, then npx cachement dev');
}
