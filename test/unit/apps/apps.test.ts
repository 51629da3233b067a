import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { checkHonoured, createModel, mergeTypes, readCloudAssembly } from '../../../local/assembly';
import { PRODUCT_TYPES } from '../../../local/products';
import { APPS, appFile, synthesizeApp } from '../../support/apps';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'apps-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Apps whose template is refused by this machine's platform, each with the refusal. */
const REFUSED: Readonly<Record<string, RegExp>> = {};

/** @throws of whatever in the app isn't run on this machine. */
function checkLocally(name: string): void {
  const assembly = readCloudAssembly(synthesizeApp(name, path.join(folder, name)));
  const types = mergeTypes(PRODUCT_TYPES);
  const environment = {
    account: '000000000000',
    region: 'us-east-1',
    endpointUrl: 'http://127.0.0.1:1',
    caFile: 'ca.pem',
    stateDir: folder,
    port: () => 1,
  };
  const secrets = () => {
    throw new Error('no secret is asked for before the start');
  };
  checkHonoured(assembly, createModel({ assembly, types, environment, secrets }), types);
}

describe.each(APPS)('the app %s', (name) => {
  test('is short enough to be read at a glance', () => {
    expect(fs.readFileSync(appFile(name), 'utf8').split('\n').length).toBeLessThanOrEqual(60);
  });

  test('synthesizes, and is run on this machine or refused by name', () => {
    const refusal = REFUSED[name];
    if (refusal) expect(() => checkLocally(name)).toThrow(refusal);
    else expect(() => checkLocally(name)).not.toThrow();
  });
});
