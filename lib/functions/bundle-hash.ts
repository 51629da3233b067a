import { FileSystem } from 'aws-cdk-lib';
import { bundleFolder } from './platform-function';

/** @returns a hash of everything in a prebuilt function's folder: its code, and the SQL and the data that are part of it. */
export function bundleHash(bundle: string): string {
  return FileSystem.fingerprint(bundleFolder(bundle));
}
