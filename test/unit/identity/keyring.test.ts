import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { accessKeyId, credentialsFile, Keyring, operatorKeys } from '../../../local/identity';

const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:reader';

let stateDir: string;
beforeEach(() => {
  stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'keys-'));
});
afterEach(() => fs.rmSync(stateDir, { recursive: true, force: true }));

test("the operator's keys are kept, in a file that nobody else reads", () => {
  const first = operatorKeys(stateDir);
  const file = credentialsFile(stateDir);
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  fs.chmodSync(file, 0o644);
  expect(operatorKeys(stateDir).operator).toEqual(first.operator);
  expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  expect(fs.readFileSync(file, 'utf8')).toBe(
    `[default]\naws_access_key_id = ${first.operator.accessKeyId}\naws_secret_access_key = ${first.operator.secretAccessKey}\n`,
  );
});

test('each function has a key id that is known, and a secret that only the platform can tell', () => {
  const [mine, other] = [new Keyring('one'), new Keyring('two')];
  const key = mine.of(FUNCTION);
  expect(key.accessKeyId).toBe(accessKeyId(FUNCTION));
  expect(mine.secretOf(key.accessKeyId)).toBe(key.secretAccessKey);
  expect(other.secretOf(key.accessKeyId)).not.toBe(key.secretAccessKey);
  expect(mine.of('another function').secretAccessKey).not.toBe(key.secretAccessKey);
});

test.each(['AKIAIOSFODNN7EXAMPLE', 'constructor', '__proto__', ''])("key id '%s' is nobody's", (id) => {
  expect(new Keyring('one').secretOf(id)).toBeUndefined();
});
