import { type App, Stack } from 'aws-cdk-lib';
import type * as rds from 'aws-cdk-lib/aws-rds';
import { ReplicatedDatabase } from '../../../../lib/database/replicated-database';
import { PlatformNetwork } from '../../../../lib/network/platform-network';
import { SharedCache, type SharedCacheProps } from '../../../../lib/shared/shared-cache';
import { replacements } from '../../../replacements/compare';
import { fnIn, unvalidated } from './scenes';

/*
 * Losses of a deployment over another one, which no template shows by itself. `npm run check:replacements -- --base REF` is this
 * comparison between two commits.
 */

describe('a template that is deployed already is compared with the next one, which', () => {
  type Build = (app: App) => void;
  const templatesOf = (build: Build) => {
    const app = unvalidated();
    build(app);
    const assembly = app.synth();
    return new Map(assembly.stacks.map(({ stackName, template }) => [stackName, template]));
  };
  const lostBy = (before: Build, after: Build) => replacements(templatesOf(before), templatesOf(after));
  const FIX = '; take the change back, or move what it holds first (docs/how-to/roll-back-and-restore.md)';

  /** A shared tier, and a stack with a function that can be its client. */
  const tier =
    (props: Partial<SharedCacheProps>, used = true, id = 'Shared'): Build =>
    (app) => {
      const base = new Stack(app, 'base');
      const network = new PlatformNetwork(base, 'Network');
      const cache = new SharedCache(base, id, { network, namespace: 'shop', ...props });
      const stack = new Stack(app, 'api');
      const fn = fnIn(stack, network);
      if (used) cache.addClient(fn);
    };

  test('34: fails when the number of replicas changes, which replaces the group', () => {
    const [line, ...others] = lostBy(tier({}), tier({ replicasPerShard: 2 }));
    expect(others).toEqual([]);
    expect(line).toMatch(
      /^base\/SharedReplicationGroup\w+ \(AWS::ElastiCache::ReplicationGroup\) is replaced: ReplicasPerNodeGroup 1 -> 2; deploy after it: api; take the change back/,
    );
  });

  test('34: fails when the id of a construct changes, and what is stateful with it', () => {
    const lines = lostBy(tier({}), tier({}, true, 'Renamed'));
    expect(lines.filter((line) => line.includes('(AWS::ElastiCache::ReplicationGroup)'))).toEqual([
      expect.stringMatching(/is left behind, and a new one made.*; take the change back, or move what it holds first/),
    ]);
  });

  test('34: passes when the number of shards changes, which is done online', () => {
    expect(lostBy(tier({}), tier({ shards: 4 }))).toEqual([]);
  });

  test('34: fails when the database is encrypted by another key, or its disk named otherwise', () => {
    const db =
      (encrypted: boolean): Build =>
      (app) => {
        const stack = new Stack(app, 'base');
        const database = new ReplicatedDatabase(stack, 'Database', { network: new PlatformNetwork(stack, 'Network') });
        (database.primary.node.defaultChild as rds.CfnDBInstance).storageEncrypted = encrypted;
      };
    expect(lostBy(db(true), db(false))).toEqual([
      expect.stringMatching(/DatabasePrimary\w+ \(AWS::RDS::DBInstance\) is replaced: StorageEncrypted true -> false/),
    ]);
    expect(lostBy(db(true), db(true))).toEqual([]);
  });

  test('8: fails when an export goes that a deployed stack imports', () => {
    const lines = lostBy(tier({}), tier({}, false));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(line).toMatch(/^base no longer exports .*, which api imports; deploy that first, then take the export away$/);
    }
    expect(lostBy(tier({}), tier({}))).toEqual([]);
  });

  test('34: fails when a stack goes', () => {
    expect(lostBy(tier({}), () => {})).toContainEqual(
      expect.stringContaining(`is gone with its stack; deploy after it: api${FIX}`),
    );
  });
});
