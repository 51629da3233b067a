import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { synthesize, synthesizeIfChanged } from '../../../local/assembly/synthesize';
import { startOf } from '../../../local/host/process-tree';
import { waitFor } from '../../support/wait-for';

let project: string;

beforeEach(() => {
  project = fs.mkdtempSync(path.join(os.tmpdir(), 'project-'));
});
afterEach(() => fs.rmSync(project, { recursive: true }));

function write(app: string | undefined, script = ''): string {
  fs.writeFileSync(path.join(project, 'cdk.json'), JSON.stringify({ app, context: { flag: true, stage: 'dev' } }));
  fs.writeFileSync(path.join(project, 'app.cjs'), script);
  return path.join(project, 'cdk.out/local');
}

const APP = `
  const fs = require('fs');
  fs.mkdirSync(process.env.CDK_OUTDIR);
  fs.writeFileSync(process.env.CDK_OUTDIR + '/context.json', process.env.CDK_CONTEXT_JSON);
`;

describe('synthesize', () => {
  test('runs the command of cdk.json with its context and more, into an empty directory', async () => {
    const directory = write('node app.cjs', APP);
    fs.mkdirSync(directory, { recursive: true });
    fs.writeFileSync(path.join(directory, 'old.json'), '');
    await synthesize({ project, directory, context: { stage: 'local' } });
    expect(fs.readdirSync(directory)).toEqual(['context.json']);
    expect(JSON.parse(fs.readFileSync(path.join(directory, 'context.json'), 'utf8'))).toEqual({ flag: true, stage: 'local' });
  });

  test('fails with what the command wrote', async () => {
    const directory = write('node app.cjs', 'console.log("out"); console.error("no such stage"); process.exit(3)');
    await expect(synthesize({ project, directory })).rejects.toThrow(
      /'node app.cjs' failed with exit code 3:\n[\s\S]*no such stage/,
    );
  });

  test('fails where cdk.json has no command', async () => {
    await expect(synthesize({ project, directory: write(undefined) })).rejects.toThrow("'app' is missing in");
  });

  test('runs the app again only where a source, the context or the command changed', async () => {
    const options = { project, directory: write('node app.cjs', APP), context: { stage: 'local' } };
    fs.mkdirSync(path.join(project, 'node_modules'));
    const runs = [
      () => undefined,
      () => undefined,
      () => fs.writeFileSync(path.join(project, 'node_modules/x.js'), ''),
      () => fs.writeFileSync(path.join(project, 'source.ts'), 'a'),
      () => fs.writeFileSync(path.join(project, 'source.ts'), 'b'),
      () => write('node ./app.cjs', APP),
      () => Object.assign(options.context, { stage: 'other' }),
      () => fs.rmSync(options.directory, { recursive: true }),
    ];
    const ran: boolean[] = [];
    for (const change of runs) {
      change();
      ran.push(await synthesizeIfChanged(options));
    }
    expect(ran).toEqual([true, false, false, true, true, true, true, true]);
  });

  test('ends the command, and what it started, when it is aborted', async () => {
    const stop = new AbortController();
    const directory = write(
      'node app.cjs; true',
      "require('fs').writeFileSync('pid', String(process.pid)); setInterval(() => {}, 1000)",
    );
    const started = synthesize({ project, directory, signal: stop.signal });
    const file = path.join(project, 'pid');
    await waitFor('its process id', () => fs.existsSync(file) && fs.readFileSync(file, 'utf8') !== '');
    const pid = Number(fs.readFileSync(file, 'utf8'));
    stop.abort('SIGINT');
    await expect(started).rejects.toBe('SIGINT');
    await waitFor('its end', () => startOf(pid) === undefined);
  });
});
