import { CacheError } from '../errors';
import type { EntryRef } from '../read-request';
import { LoadScope } from './load-scope';

/** Load of an entry, within which others are read. */
interface NestingLoad extends Pick<EntryRef, 'entryName' | 'key'> {
  readonly id: number;
  readonly parent: NestingLoad | undefined;
  /** True once it has ended. */
  done: boolean;
}

let ids = 0;

/** Loads of this process that read others. */
export const nestingLoads = new LoadScope<NestingLoad>();

/** Runs a loader as a load of the entry. */
export function asLoadOf<T>({ entryName, key }: Pick<EntryRef, 'entryName' | 'key'>, work: () => Promise<T>): Promise<T> {
  const load: NestingLoad = { entryName, key, id: ++ids, parent: nestingLoads.current, done: false };
  return nestingLoads.run(load, work).finally(() => {
    load.done = true;
  });
}

/** Load within which an entry is about to be loaded. @throws {CacheError} `E_LOAD_CYCLE` where it loads that entry itself. */
export function parentLoad({ entryName, key }: Pick<EntryRef, 'entryName' | 'key'>): NestingLoad | undefined {
  const parent = nestingLoads.current;
  const keys = [key];
  for (let load = parent; load; load = load.parent) {
    keys.unshift(load.key);
    if (load.entryName !== entryName) continue;
    throw new CacheError('E_LOAD_CYCLE', `a load waits for itself: ${keys.map((each) => `'${each}'`).join(' -> ')}`, { key });
  }
  return parent;
}
