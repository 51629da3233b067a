import * as assert from 'node:assert/strict';
import type { VersionSource } from '../versions/source';
import { isVersion, type Version } from '../versions/version';
import type { ContractCase } from './contract';

/** Source that is held to the contract, with a value that only the cases write. */
export interface VersionSourceSubject<Handle = unknown> {
  /** The source itself. */
  readonly source: VersionSource<Handle>;
  /** Commits a new value. @returns it, and the source's version read after the commit. */
  write(): Promise<{ readonly value: unknown; readonly version: Version }>;
  /** Loader of that value. */
  read(handle: Handle): Promise<unknown>;
  /**
   * Keeps replicas from getting further until the returned function is called.
   * @default - there is no replica, or it can't be held
   */
  holdReplicas?(): Promise<() => Promise<void>>;
}

/** Contract of every {@link VersionSource}. */
export const versionSourceContract: readonly ContractCase<VersionSourceSubject>[] = [
  {
    name: 'a version is 24 upper case hex digits',
    async run({ source, write, read }) {
      assert.ok(isVersion(await source.current()));
      assert.ok(isVersion((await write()).version));
      assert.ok(isVersion((await source.load(read, {})).version));
    },
  },
  {
    name: 'a later write has no lesser version, and the current one contains it',
    async run({ source, write }) {
      const first = await write();
      const second = await write();
      assert.ok(second.version >= first.version);
      assert.ok((await source.current()) >= second.version);
    },
  },
  {
    name: 'a load that must contain a write contains it',
    async run({ source, write, read }) {
      for (let i = 0; i < 5; i++) {
        const written = await write();
        const loaded = await source.load(read, { minVersion: written.version });
        assert.deepEqual(loaded.value, written.value);
        if (loaded.origin === 'replica') assert.ok(loaded.version >= written.version);
      }
    },
  },
  {
    name: 'a load without a lease reads the primary',
    async run({ source, write, read }) {
      const written = await write();
      const loaded = await source.load(read, { primaryOnly: true });
      assert.equal(loaded.origin, 'primary');
      assert.deepEqual(loaded.value, written.value);
    },
  },
  {
    name: 'a load claims no write that came after it',
    async run({ source, write, read }) {
      await write();
      for (const request of [{}, { primaryOnly: true }]) {
        const loaded = await source.load(read, request);
        const written = await write();
        assert.ok(loaded.version < written.version, `${loaded.version} was claimed before ${written.version} was written`);
      }
    },
  },
  {
    name: 'a write that commits during a load is not claimed by it',
    async run({ source, write, read }) {
      await write();
      let version = '';
      const loaded = await source.load(async (handle) => {
        const value = await read(handle);
        ({ version } = await write());
        return value;
      }, {});
      assert.ok(loaded.version < version);
    },
  },
  {
    name: 'an error of the loader is the error of the load, and the next load works',
    async run({ source, write, read }) {
      const written = await write();
      const error = new Error('of the loader');
      await assert.rejects(
        source.load(() => Promise.reject(error), {}),
        (thrown) => thrown === error,
      );
      assert.deepEqual((await source.load(read, { primaryOnly: true })).value, written.value);
    },
  },
  {
    name: 'many loads at once are each answered',
    async run({ source, write, read }) {
      const written = await write();
      const loads = await Promise.all(Array.from({ length: 20 }, () => source.load(read, { minVersion: written.version })));
      assert.deepEqual(new Set(loads.map(({ value }) => value)), new Set([written.value]));
    },
  },
  {
    name: 'a replica that is behind does not answer for what it must contain',
    async run({ source, write, read, holdReplicas }) {
      const letGo = await holdReplicas?.();
      try {
        const written = await write();
        const loaded = await source.load(read, { minVersion: written.version });
        assert.deepEqual(loaded.value, written.value);
      } finally {
        await letGo?.();
      }
    },
  },
];
