import 'reflect-metadata';
import { createPrivateKey, type KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as x509 from '@peculiar/x509';
import type { Environment } from '../types';

/** PEM files of the engines' certificate, its key and the authority. */
export interface Certificates {
  readonly caFile: string;
  readonly certificateFile: string;
  /** Mode 0600. */
  readonly keyFile: string;
}

/** Everything listens on loopback; clients name it either way. */
const NAMES: x509.JsonGeneralNames = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
];

const DAY_MS = 86_400_000;
const LIFE_MS = 365 * DAY_MS;
/** A platform may run for a while: certificates that end sooner are made anew at the start. */
const LEAST_LEFT_MS = 30 * DAY_MS;

/** Node, PostgreSQL and Redis all take it, and its keys are made in a millisecond. */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/**
 * Makes an authority of this machine's own and a certificate for `localhost`, or keeps those of an earlier start. The authority's
 * key is forgotten at once, so that nothing else can ever be signed with it.
 */
export async function ensureCertificates(environment: Pick<Environment, 'caFile' | 'stateDir'>): Promise<Certificates> {
  const folder = path.join(environment.stateDir, 'certificates');
  const files: Certificates = {
    caFile: environment.caFile,
    certificateFile: path.join(folder, 'server.pem'),
    keyFile: path.join(folder, 'server.key'),
  };
  if (isUsable(files, Date.now())) return files;
  fs.mkdirSync(folder, { recursive: true });
  fs.mkdirSync(path.dirname(files.caFile), { recursive: true });
  const { ca, certificate, key } = await makeCertificates(new Date());
  fs.writeFileSync(files.caFile, ca);
  fs.writeFileSync(files.certificateFile, certificate);
  fs.rmSync(files.keyFile, { force: true });
  fs.writeFileSync(files.keyFile, key, { mode: 0o600 });
  return files;
}

function isUsable({ caFile, certificateFile, keyFile }: Certificates, now: number): boolean {
  try {
    const ca = new X509Certificate(fs.readFileSync(caFile));
    const certificate = new X509Certificate(fs.readFileSync(certificateFile));
    const key: KeyObject = createPrivateKey(fs.readFileSync(keyFile));
    return (
      certificate.checkPrivateKey(key) &&
      certificate.verify(ca.publicKey) &&
      Date.parse(certificate.validTo) - now > LEAST_LEFT_MS
    );
  } catch {
    return false;
  }
}

async function makeCertificates(now: Date): Promise<{ ca: string; certificate: string; key: string }> {
  x509.cryptoProvider.set(webcrypto);
  const generate = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
  const [authorityKeys, keys] = await Promise.all([generate(), generate()]);
  // An hour back, for a clock that is set back.
  const period = { notBefore: new Date(now.getTime() - 3_600_000), notAfter: new Date(now.getTime() + LIFE_MS) };
  const name = 'CN=Local certificate authority';
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...period,
    name,
    keys: authorityKeys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const certificate = await x509.X509CertificateGenerator.create({
    ...period,
    subject: 'CN=localhost',
    issuer: name,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      // Nodes of a cluster are each other's clients.
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      new x509.SubjectAlternativeNameExtension(NAMES),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { ca: pem(ca), certificate: pem(certificate), key: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n` };
}

const pem = (certificate: x509.X509Certificate): string => `${certificate.toString('pem')}\n`;
