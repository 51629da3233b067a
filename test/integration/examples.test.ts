import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { endLeftovers } from '../../local/host/processes';
import { DevProcess } from '../support/dev-process';
import { playCommands, readmeCommands } from '../support/readme';

const root = path.resolve(__dirname, '../..');
const examples = path.join(root, 'examples');
const cli = path.join(root, 'cli/cachement.cjs');
const names = fs.readdirSync(examples).filter((name) => fs.existsSync(path.join(examples, name, 'package.json')));

// At once, since most of their time is a purge's on its way through the tiers.
test.concurrent.each(names)('%s runs, and answers every request of its README as that says', async (name) => {
  const commands = readmeCommands(`examples/${name}/README.md`, fs.readFileSync(path.join(examples, name, 'README.md'), 'utf8'));
  expect(commands.length).toBeGreaterThan(5);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `example-${name}-`));
  // Where the command line looks for what runs in the reader's folder.
  const state = path.join(folder, '.cachement/local');
  const dev = new DevProcess(cli, root, ['--example', name, '--state', state]);
  try {
    await playCommands(commands, { edge: await dev.edge(), folder, cachement: `node ${cli}` });
  } finally {
    await dev.end();
    await endLeftovers(state);
    fs.rmSync(folder, { recursive: true, force: true });
  }
});
