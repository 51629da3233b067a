import { X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { ensureCertificates } from '../../../local/engines';

let stateDir: string;

beforeEach(() => {
  stateDir = fs.mkdtempSync(path.join(os.tmpdir(), 'certificates-'));
});

afterEach(() => fs.rmSync(stateDir, { recursive: true, force: true }));

const ensure = () => ensureCertificates({ stateDir, caFile: path.join(stateDir, 'ca.pem') });
const certificate = (file: string) => new X509Certificate(fs.readFileSync(file));

test('makes a certificate for loopback that its own authority has signed', async () => {
  const { caFile, certificateFile, keyFile } = await ensure();
  const [ca, leaf] = [certificate(caFile), certificate(certificateFile)];
  expect(ca.ca).toBe(true);
  expect(leaf.ca).toBe(false);
  expect(leaf.checkIssued(ca)).toBe(true);
  expect(leaf.verify(ca.publicKey)).toBe(true);
  expect(leaf.checkHost('localhost')).toBe('localhost');
  expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(leaf.checkHost('example.com')).toBeUndefined();
  expect(fs.statSync(keyFile).mode & 0o777).toBe(0o600);
});

test('keeps those of an earlier start', async () => {
  const before = certificate((await ensure()).certificateFile).fingerprint256;
  expect(certificate((await ensure()).certificateFile).fingerprint256).toBe(before);
});

test.each(['caFile', 'certificateFile', 'keyFile'] as const)('makes new ones where the %s is gone', async (file) => {
  const files = await ensure();
  const before = certificate(files.certificateFile).fingerprint256;
  fs.rmSync(files[file]);
  await ensure();
  expect(certificate(files.certificateFile).fingerprint256).not.toBe(before);
  expect(certificate(files.certificateFile).verify(certificate(files.caFile).publicKey)).toBe(true);
});

test('makes new ones where the authority is another', async () => {
  const files = await ensure();
  const other = fs.mkdtempSync(path.join(os.tmpdir(), 'certificates-'));
  const { caFile } = await ensureCertificates({ stateDir: other, caFile: path.join(other, 'ca.pem') });
  fs.copyFileSync(caFile, files.caFile);
  fs.rmSync(other, { recursive: true });
  await ensure();
  expect(certificate(files.certificateFile).verify(certificate(files.caFile).publicKey)).toBe(true);
});
