import { sleep } from '../support/time';
import type { End, Reading } from './roles/application';
import type { Application, Testbed } from './testbed';
import { THROWN } from './thrown';

/** Operations that didn't settle in time, or not as they must; `notes` says which. */
export interface Hangs {
  hungReads: number;
  hungPurges: number;
  hungCloses: number;
  unrelatedDelayed: number;
  readonly notes: string[];
}

export interface Case {
  readonly name: string;
  readonly what: string;
  run(testbed: Testbed, tally: Tally): Promise<void>;
}

/**
 * Longest time of an operation, in milliseconds: above every budget, lease and timeout of the library together on a busy machine.
 * Loads get 1.5 s.
 */
const HUNG_MS = 8000;
/** Longest time of an operation that has nothing to do with what hangs, in milliseconds. */
const DELAYED_MS = 2500;
/** Longest time until a shard is purged whose master is frozen, in milliseconds: its replica is promoted after about 5 s. */
const PROMOTED_MS = 15_000;
/** What hangs has begun to by then. */
const BEGUN_MS = 300;

/** Counts what hung. */
export class Tally {
  readonly hangs: Hangs = { hungReads: 0, hungPurges: 0, hungCloses: 0, unrelatedDelayed: 0, notes: [] };

  /** @param ends of operations, of which each must be one of `wanted`; without it, whatever isn't `hung`. */
  async add(kind: keyof Omit<Hangs, 'notes'>, ends: Promise<End | readonly End[]>, wanted?: readonly string[]): Promise<void> {
    const all = [await ends].flat() as End[];
    const bad = all.filter(({ end }) => (wanted ? !wanted.includes(end) : end === 'hung'));
    this.hangs[kind] += bad.length;
    for (const { key, end, ms, message } of bad.slice(0, 3)) {
      this.hangs.notes.push(`${kind}: ${key}: ${end} after ${ms} ms${message ? `: ${message.slice(0, 120)}` : ''}`);
    }
  }

  reads = (ends: Promise<readonly End[]>, wanted?: readonly string[]) => this.add('hungReads', ends, wanted);
  purges = (ends: Promise<readonly End[]>, wanted?: readonly string[]) => this.add('hungPurges', ends, wanted);
  closes = (ends: Promise<readonly End[]>) => this.add('hungCloses', ends);
  unrelated = (ends: Promise<readonly End[]>, wanted?: readonly string[]) => this.add('unrelatedDelayed', ends, wanted);
}

const keys = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
const querying = (key: string): Reading => ({ key, loader: 'query' });
const never = (key: string): Reading => ({ key, loader: 'never' });
const page = (key: string): Reading => ({ key, loader: querying(`part of ${key}`) });

const READ = ['hit', 'stale', 'miss', 'bypass'];

/** Reads of other keys, and queries of the application's own. */
async function unrelated(tally: Tally, application: Application, prefix: string): Promise<void> {
  await Promise.all([
    tally.unrelated(application.reads(keys(prefix, 8).map(querying), DELAYED_MS), READ),
    tally.unrelated(application.queries(4, DELAYED_MS), ['done']),
  ]);
}

/** Pages whose loads load their parts, and keys that are loaded by way of themselves. */
const nests: Readonly<Record<string, { readonly readings: readonly Reading[]; readonly wanted?: readonly string[] }>> = {
  nested: { readings: keys('page', 20).map(page), wanted: READ },
  self: { readings: [{ key: 'self', loader: { key: 'self', loader: { key: 'self', loader: 'query' } } }] },
  cycle: {
    readings: [{ key: 'a', loader: { key: 'b', loader: { key: 'a', loader: 'query' } } }],
  },
};

const nesting = (withCluster: boolean): Case[] =>
  Object.entries(nests).map(([name, { readings, wanted }]) => ({
    name: withCluster ? name : `${name}-without-cluster`,
    what: `loads that read other keys (${name})${withCluster ? '' : ' while the whole cluster is frozen'}`,
    async run(testbed, tally) {
      const application = await testbed.open(testbed.nextNamespace());
      await application.reads(keys('warm', 8).map(querying), HUNG_MS);
      if (!withCluster) await testbed.freezeCluster();
      const hanging = tally.reads(application.reads(readings, HUNG_MS), wanted);
      await sleep(BEGUN_MS);
      await unrelated(tally, application, 'other');
      await hanging;
      await tally.closes(application.close(HUNG_MS));
    },
  }));

export const CASES: readonly Case[] = [
  {
    name: 'never',
    what: 'loads that never settle, twice as many as there are connections',
    async run(testbed, tally) {
      const namespace = testbed.nextNamespace();
      const [application, other] = await Promise.all([testbed.open(namespace), testbed.open(namespace)]);
      await application.reads(keys('warm', 8).map(querying), HUNG_MS);
      const hanging = tally.reads(application.reads(keys('never', 16).map(never), HUNG_MS));
      await sleep(BEGUN_MS);
      await unrelated(tally, application, 'other');
      // Another process stores one of the values: whoever reads it here now gets that.
      await tally.reads(other.reads([querying('never-0')], HUNG_MS), READ);
      await tally.reads(application.reads([querying('never-0')], DELAYED_MS), READ);
      await tally.purges(application.purges(['never-1'], HUNG_MS), ['done']);
      await hanging;
      await tally.closes(application.close(HUNG_MS));
    },
  },
  {
    name: 'never-without-cluster',
    what: 'the same while the whole cluster is frozen',
    async run(testbed, tally) {
      const application = await testbed.open(testbed.nextNamespace());
      await application.reads(keys('warm', 8).map(querying), HUNG_MS);
      await testbed.freezeCluster();
      const hanging = tally.reads(application.reads(keys('never', 16).map(never), HUNG_MS));
      await sleep(BEGUN_MS);
      await unrelated(tally, application, 'other');
      await hanging;
      await tally.closes(application.close(HUNG_MS));
    },
  },
  {
    name: 'never-refreshes',
    what: 'loads in the background that never settle',
    async run(testbed, tally) {
      const application = await testbed.open(testbed.nextNamespace(), { background: true, shortLived: true });
      await application.reads(keys('key', 4).map(querying), HUNG_MS);
      await sleep(BEGUN_MS);
      await tally.reads(application.reads(keys('key', 4).map(never), DELAYED_MS), ['stale']);
      await unrelated(tally, application, 'other');
      await tally.closes(application.close(HUNG_MS));
    },
  },
  ...nesting(true),
  ...nesting(false),
  {
    name: 'throws',
    what: 'loads that throw anything',
    async run(testbed, tally) {
      const application = await testbed.open(testbed.nextNamespace());
      const throwing = THROWN.map((_, i): Reading => ({ key: `throws-${i}`, loader: i }));
      await tally.reads(application.reads(throwing, HUNG_MS), ['error']);
      await tally.reads(
        application.reads(
          keys('many', 100).map((key) => ({ key, loader: 0 })),
          HUNG_MS,
        ),
        ['error'],
      );
      await unrelated(tally, application, 'other');
      // Nothing of the failures stays.
      await tally.reads(
        application.reads(
          throwing.map(({ key }) => querying(key)),
          HUNG_MS,
        ),
        READ,
      );
      await tally.closes(application.close(HUNG_MS));
    },
  },
  {
    name: 'database-frozen',
    what: 'PostgreSQL is frozen: what may be stale is served, the rest fails in time',
    async run(testbed, tally) {
      const [namespace, lasting] = [testbed.nextNamespace(), testbed.nextNamespace()];
      const brief = await testbed.open(namespace, { shortLived: true });
      const application = await testbed.open(lasting);
      await brief.reads(keys('stale', 8).map(querying), HUNG_MS);
      await application.reads(keys('fresh', 8).map(querying), HUNG_MS);
      await sleep(BEGUN_MS);
      await testbed.freezeDatabase();
      const hanging = [
        tally.reads(brief.reads(keys('stale', 8).map(querying), HUNG_MS), ['stale']),
        tally.reads(application.reads(keys('cold', 8).map(querying), HUNG_MS)),
        tally.purges(application.purges(keys('purged', 4), HUNG_MS)),
      ];
      await tally.unrelated(application.reads(keys('fresh', 8).map(querying), DELAYED_MS), ['hit']);
      await Promise.all(hanging);
      await testbed.thawDatabase();
      await tally.reads(application.reads(keys('thawed', 8).map(querying), HUNG_MS), READ);
      await testbed.freezeDatabase();
      const again = tally.reads(application.reads(keys('again', 8).map(querying), HUNG_MS));
      await tally.closes(application.close(HUNG_MS));
      await again;
    },
  },
  {
    name: 'master-frozen',
    what: 'one master of three is frozen, and its replica takes over',
    async run(testbed, tally) {
      const namespace = testbed.nextNamespace();
      const { master, on, off } = await testbed.keysByShard('key', 20);
      const reader = await testbed.open(namespace);
      const purger = await testbed.open(namespace);
      await reader.reads([...on, ...off].map(querying), HUNG_MS);
      await purger.purges(keys('warm', 20), HUNG_MS);
      await testbed.freeze(master);
      const hanging = [
        tally.reads(reader.reads(on.map(querying), HUNG_MS), READ),
        tally.purges(purger.purgeUntilDone(on, PROMOTED_MS), ['done']),
      ];
      await tally.unrelated(reader.reads(off.map(querying), DELAYED_MS), ['hit']);
      await Promise.all(hanging);
      await tally.reads(reader.readUntilHit(on.map(querying), PROMOTED_MS), ['hit']);
      await Promise.all([tally.closes(reader.close(HUNG_MS)), tally.closes(purger.close(HUNG_MS))]);
    },
  },
  {
    name: 'write-behind-frozen',
    what: 'one master of three is frozen under queued writes: those of the other shards reach the database',
    async run(testbed, tally) {
      const { master, on, off } = await testbed.keysByShard(`behind-${Date.now()}`, 40);
      const application = await testbed.open(testbed.nextNamespace(), { flush: 'table' });
      // All shards have had writes when one of them freezes.
      await tally.purges(application.writeUntilDone([...on.slice(20), ...off.slice(20)], HUNG_MS), ['done']);
      await testbed.freeze(master);
      const hanging = tally.purges(application.writes(on.slice(0, 20), HUNG_MS));
      await tally.unrelated(application.writes(off.slice(0, 20), DELAYED_MS), ['done']);
      await sleep(DELAYED_MS);
      const flushed = await testbed.flushed();
      const missing = off.filter((key) => !flushed.has(key));
      await tally.unrelated(Promise.resolve(missing.map((key) => ({ key, end: 'not in the database', ms: DELAYED_MS }))), [
        'done',
      ]);
      await hanging;
      await tally.closes(application.close(HUNG_MS));
    },
  },
  {
    name: 'flush-never',
    what: 'a flush of queued writes that never settles',
    async run(testbed, tally) {
      const application = await testbed.open(testbed.nextNamespace(), { flush: 'never' });
      await tally.purges(application.writeUntilDone(keys('behind', 4), HUNG_MS), ['done']);
      await sleep(BEGUN_MS);
      await unrelated(tally, application, 'other');
      await tally.closes(application.close(HUNG_MS));
    },
  },
  {
    name: 'credentials-rotated',
    what: 'the password of the cluster is another one: whatever connects again asks for it',
    async run(testbed, tally) {
      const application = await testbed.open(testbed.nextNamespace(), { flush: 'table', backplane: true });
      await application.reads(keys('key', 8).map(querying), HUNG_MS);
      await tally.purges(application.writeUntilDone(keys(`rotated-${Date.now()}`, 4), HUNG_MS), ['done']);
      const before = testbed.password;
      try {
        await application.rotate(await testbed.rotate('another-password-of-the-tests'));
        await tally.reads(application.readUntilHit(keys('key', 8).map(querying), HUNG_MS), ['hit']);
        await tally.purges(application.purgeUntilDone(keys('key', 8), HUNG_MS), ['done']);
        await tally.purges(application.writeUntilDone(keys(`again-${Date.now()}`, 4), HUNG_MS), ['done']);
        await tally.closes(application.close(HUNG_MS));
      } finally {
        await testbed.rotate(before);
      }
    },
  },
  {
    name: 'never-connected',
    what: 'a process that starts while the whole cluster is frozen',
    async run(testbed, tally) {
      await testbed.freezeCluster();
      const application = await testbed.open(testbed.nextNamespace(), { flush: 'table', backplane: true });
      await tally.reads(application.reads(keys('key', 8).map(querying), HUNG_MS), READ);
      await tally.purges(application.purges(keys('key', 4), HUNG_MS));
      await tally.purges(application.writes(keys('key', 4), HUNG_MS));
      await tally.add('hungReads', application.backplaneReady(HUNG_MS));
      await tally.closes(application.close(HUNG_MS));
    },
  },
];
