import { createHmac, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Credentials, Keys } from '../types';
import { accessKeyId, isFunctionKey } from './access-key';

/** Access key id of the person who runs the platform. */
const OPERATOR = 'LOCALOPERATOR0000000';

/** Name of the operator's file in the state directory, in the format of the AWS command line's. */
const FILE = 'credentials';

/** Bytes of a secret access key; 40 characters in base64, as AWS's have. */
const SECRET_BYTES = 30;

/**
 * Keys of the operator and of each function. Secrets of functions are derived from the operator's, so that one small file is all
 * that has to be kept from other users of the machine.
 */
export class Keyring implements Keys {
  readonly operator: Credentials;

  constructor(operatorSecret: string) {
    this.operator = { accessKeyId: OPERATOR, secretAccessKey: operatorSecret };
  }

  of(functionArn: string): Credentials {
    const id = accessKeyId(functionArn);
    return { accessKeyId: id, secretAccessKey: this.#derived(id) };
  }

  secretOf(id: string): string | undefined {
    if (id === OPERATOR) return this.operator.secretAccessKey;
    return isFunctionKey(id) ? this.#derived(id) : undefined;
  }

  #derived(id: string): string {
    const key = createHmac('sha256', this.operator.secretAccessKey).update(id).digest();
    return key.subarray(0, SECRET_BYTES).toString('base64');
  }
}

/** File of the operator's credentials, for `AWS_SHARED_CREDENTIALS_FILE`. */
export function credentialsFile(stateDir: string): string {
  return path.join(stateDir, FILE);
}

/** Keys of a state directory; the operator's are the same at each start. */
export function operatorKeys(stateDir: string): Keyring {
  const file = credentialsFile(stateDir);
  const kept = fs.existsSync(file) ? /^aws_secret_access_key = (\S{40})$/m.exec(fs.readFileSync(file, 'utf8'))?.[1] : undefined;
  const keyring = new Keyring(kept ?? randomBytes(SECRET_BYTES).toString('base64'));
  const { accessKeyId: id, secretAccessKey } = keyring.operator;
  // Written anew each time, since a file that others could read would be no secret.
  fs.rmSync(file, { force: true });
  fs.writeFileSync(file, `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secretAccessKey}\n`, { mode: 0o600 });
  return keyring;
}
