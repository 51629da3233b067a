import { createHash } from 'node:crypto';

/** Access key id of a function. Each has its own, so that whoever answers a signed request knows the caller. */
export function accessKeyId(functionArn: string): string {
  // 20 characters, the length of a real id: tools that check the length take it.
  return `LOCAL${createHash('sha256').update(functionArn).digest('hex').slice(0, 15).toUpperCase()}`;
}

/** True of an id in the form of {@link accessKeyId}. */
export function isFunctionKey(id: string): boolean {
  return /^LOCAL[0-9A-F]{15}$/.test(id);
}
