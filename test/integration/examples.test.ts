import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { templates } from '../../cli/templates';
import { endLeftovers } from '../../local/host/processes';
import { DevProcess } from '../support/dev-process';
import { openPages, playCommands, readmeCommands } from '../support/readme';

const root = path.resolve(__dirname, '../..');
const cli = path.join(root, 'cli/cachement.cjs');

// At once, since most of their time is a purge's on its way through the tiers.
test.concurrent.each(templates())('$name runs, and answers every request of its README as that says', async (template) => {
  const { name } = template;
  const text = fs.readFileSync(path.join(template.folder, 'README.md'), 'utf8');
  const commands = readmeCommands(`examples/${name}/README.md`, text);
  expect(commands.length).toBeGreaterThan(5);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `example-${name}-`));
  // Where the command line looks for what runs in the reader's folder.
  const state = path.join(folder, '.cachement/local');
  const dev = new DevProcess(cli, root, ['--example', name, '--state', state]);
  try {
    const reader = { edge: await dev.edge(), folder, cachement: `node ${cli}` };
    await playCommands(commands, reader);
    await openPages(text, reader);
  } finally {
    await dev.end();
    await endLeftovers(state);
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
