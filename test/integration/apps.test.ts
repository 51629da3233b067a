import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { synthesizeApp } from '../support/apps';
import { startTestPlatform, type TestPlatform } from '../support/platform';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'apps-'));
let platform: TestPlatform | undefined;

afterEach(async () => {
  await platform?.dispose();
  platform = undefined;
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Those that differ most from the platform's own sample: in their network, and in their shared tier. */
test.each(['imported-vpc', 'serverless-cache'])("somebody's own app '%s' answers at its edge", async (name) => {
  platform = await startTestPlatform({ assembly: synthesizeApp(name, path.join(folder, name)) });
  expect(await platform.get('/products/1')).toMatchObject({ status: 200, body: 'a lamp' });
});
