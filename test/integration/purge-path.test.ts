import { transaction } from '../../lambdas/platform/database';
import { afterCommit } from '../../lambdas/platform/purge/after-commit';
import { requestPurge } from '../../lambdas/platform/purge/purge-requests';
import { currentVersion } from '../../lambdas/runtime/versions/postgres';
import type { EventType } from '../../lib/contract/events';
import { purgeDatabase } from '../support/purge-database';
import type { TestPipeline } from '../support/purge-pipeline';
import { waitFor } from '../support/wait-for';

const database = purgeDatabase();
const { pipeline, rowsLeft, report } = database;

/** What the path itself says on the bus: a process can die before and after each. Others say the rest, and have it said again. */
const PUBLISHED: Record<EventType, boolean> = {
  OutboxKicked: true,
  PurgeSubmitted: false,
  ReplayRequested: false,
  PurgeRequested: true,
  WakeRequested: true,
  WarmRequested: false,
  GatewayPurgeRequested: true,
  EdgePurgeRequested: true,
  GatewayPurged: true,
  EdgePurgeAccepted: true,
  EdgePurgeCompleted: true,
  TopologyReported: false,
};

/** No item is in two batches of the same purge, and none was paid for twice. */
async function expectEachItemOnce(path: TestPipeline): Promise<void> {
  const { rows } = await database.administrator.query(
    'SELECT item FROM cachement.edge_batch_item JOIN cachement.edge_batch USING (batch_id) WHERE accepted_at IS NOT NULL',
  );
  expect(path.paidItems.sort()).toEqual(rows.map(({ item }) => item).sort());
  const twice = await database.administrator.query(
    'SELECT purge_id FROM cachement.edge_batch_purge GROUP BY purge_id HAVING count(*) > 1',
  );
  expect(twice.rows).toEqual([]);
}

describe('a purge', () => {
  test('goes from shared to gateway to edge, and is complete when CloudFront says so', async () => {
    const path = pipeline();
    const purgeId = await path.change('place:1', 'country:de');
    expect(await report(purgeId)).toMatchObject({ purgeId, tags: ['place:1', 'country:de'], mode: 'delete', steps: [] });

    await path.relay();
    await path.settle();

    expect(path.effects).toEqual([
      { kind: 'shared', tags: ['place:1', 'country:de'], version: expect.stringMatching(/^[0-9A-F]{24}$/), mode: 'delete' },
      { kind: 'flush' },
      { kind: 'invalidate', batchId: expect.any(String), items: ['#country:de', '#place:1'] },
    ]);
    const ledger = await report(purgeId);
    expect(ledger?.steps.map(({ step }) => step)).toEqual(['event', 'shared', 'gateway', 'edge']);
    const times = [ledger?.committedAt, ...(ledger?.steps.map(({ at }) => at) ?? [])].map((at) => Date.parse(at ?? ''));
    expect([...times].sort((a, b) => a - b)).toEqual(times);
    expect(ledger?.steps[3]).toEqual({ step: 'edge', acceptedAt: expect.any(String), at: ledger?.completedAt });
    expect(ledger?.commitToFreshMs).toBe(times.at(-1)! - times[0]!);
    expect(await rowsLeft()).toBe(0);
  });

  test('is asked for in the transaction of its change: neither without the other', async () => {
    const failing = transaction(database.writer, async (client) => {
      await requestPurge(client, ['place:1']);
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await rowsLeft()).toBe(0);
  });

  test('carries a version that contains its commit', async () => {
    const path = pipeline();
    const before = await currentVersion(database.administrator);
    await path.change('place:1');
    await path.relay();
    const [message] = path.messages('shared');
    expect((message?.detail.version as string) > before).toBe(true);
    expect((message?.detail.version as string) <= (await currentVersion(database.administrator))).toBe(true);
  });

  test('keeps the outer tiers waiting until the drain is over', async () => {
    const path = pipeline({ drainSeconds: 3 });
    await path.change('place:1');
    await path.relay();
    await path.deliver('shared');
    await path.deliver('edge');
    expect(path.effects.map(({ kind }) => kind)).toEqual(['shared']);
    expect(path.messages('edge')).toMatchObject([{ 'detail-type': 'GatewayPurgeRequested' }]);
    await path.settle();
    expect(path.effects.map(({ kind }) => kind)).toEqual(['shared', 'flush', 'invalidate']);
  });

  test('of a tag that was purged a moment ago has an invalidation of its own', async () => {
    const path = pipeline();
    await path.change('place:1');
    await path.relay();
    await path.settle();
    const second = await path.change('place:1');
    await path.relay();
    await path.settle();
    const invalidations = path.effects.filter((effect) => effect.kind === 'invalidate');
    expect(invalidations.map(({ items }) => items)).toEqual([['#place:1'], ['#place:1']]);
    expect(new Set(invalidations.map(({ batchId }) => batchId)).size).toBe(2);
    expect((await report(second))?.completedAt).toBeDefined();
  });

  describe('of tags that name one key of the gateway each', () => {
    const exact = () => pipeline({ pacing: { exactTags: { 'place:{id}': '/places/{id}' } } });
    const gateway = (path: TestPipeline) =>
      path.effects
        .filter(({ kind }) => kind === 'refresh' || kind === 'flush')
        .map((effect) => ('path' in effect ? effect.path : 'flush'));

    test('has those keys refreshed with its version, and the stage is not flushed', async () => {
      const path = exact();
      await path.change('place:1', 'place:2');
      await path.relay();
      const version = path.messages('shared')[0]?.detail.version;
      await path.settle();
      expect(path.effects.slice(1, 3)).toEqual([
        { kind: 'refresh', path: '/places/1', version },
        { kind: 'refresh', path: '/places/2', version },
      ]);
      expect(path.effects.map(({ kind }) => kind)).toEqual(['shared', 'refresh', 'refresh', 'invalidate']);
      expect(await rowsLeft()).toBe(0);
    });

    test('has a path of the edge refreshed that is exact', async () => {
      const path = exact();
      await transaction(database.writer, (client) => requestPurge(client, [], { paths: ['/places?country=DE'] }));
      await path.relay();
      await path.settle();
      expect(gateway(path)).toEqual(['/places?country=DE']);
    });

    test('takes the flush of another that names none', async () => {
      const path = exact();
      await path.change('place:1');
      await path.change('country:de');
      await path.relay();
      await path.settle();
      expect(gateway(path)).toEqual(['flush']);
    });

    test('is flushed before the drain where it is prompt, and refreshed after it', async () => {
      const path = exact();
      await transaction(database.writer, (client) => requestPurge(client, ['place:1'], { prompt: true }));
      await path.relay();
      await path.settle();
      expect(gateway(path)).toEqual(['flush', '/places/1']);
    });
  });

  test('shares one flush and one batch with others of the moment, each tag once', async () => {
    const path = pipeline();
    for (let id = 0; id < 8; id++) await path.change(`place:${id}`, 'country:de');
    await path.relay();
    await path.settle();
    expect(path.effects.filter(({ kind }) => kind !== 'shared')).toEqual([
      { kind: 'flush' },
      {
        kind: 'invalidate',
        batchId: expect.any(String),
        items: ['#country:de', ...[0, 1, 2, 3, 4, 5, 6, 7].map((id) => `#place:${id}`)],
      },
    ]);
    expect(await rowsLeft()).toBe(0);
  });

  test('that came to the bus without an outbox row is accounted for all the same', async () => {
    const path = pipeline();
    const purgeId = 'AAAAAAAA-1111-4111-8111-111111111111'.toLowerCase();
    const version = await currentVersion(database.administrator);
    path.send('shared', { type: 'PurgeRequested', detail: { purgeId, tags: ['a'], mode: 'expire', version } });
    await path.settle();
    expect(await report(purgeId)).toMatchObject({ mode: 'expire', version, completedAt: expect.any(String) });
    expect(path.effects[0]).toMatchObject({ kind: 'shared', mode: 'expire' });
  });

  test('is in no ledger where it was never asked for', async () => {
    expect(await report('11111111-1111-4111-8111-111111111111')).toBeUndefined();
  });
});

describe('nothing is lost', () => {
  test('where the bus refuses an entry', async () => {
    const path = pipeline();
    const [first, second] = [await path.change('a'), await path.change('b')];
    path.refuse = 1;
    await path.relay();
    await path.settle();
    expect((await report(first))?.completedAt).toBeUndefined();
    expect((await report(second))?.completedAt).toBeDefined();
    await path.overdue();
    await path.relay();
    await path.settle();
    expect((await report(first))?.completedAt).toBeDefined();
    expect(await rowsLeft()).toBe(0);
  });

  test('where a shard is down: that purge comes again, the others go on', async () => {
    const path = pipeline();
    const [down, up] = [await path.change('down'), await path.change('up')];
    await path.relay();
    path.sharedDown.add('down');
    expect((await path.deliver('shared')).batchItemFailures).toHaveLength(1);
    expect((await report(down))?.steps.map(({ step }) => step)).toEqual(['event']);
    expect((await report(up))?.steps.map(({ step }) => step)).toEqual(['event', 'shared']);
    path.sharedDown.clear();
    await path.settle();
    expect((await report(down))?.completedAt).toBeDefined();
  });

  test('where every message of a moment is', async () => {
    const path = pipeline();
    const purgeId = await path.change('a');
    // Each round takes the purge one step further before all messages are lost.
    for (let round = 0; round < 8 && (await rowsLeft()) > 0; round++) {
      path.loseMessages();
      await path.overdue();
      await path.relay();
      for (let step = 0; step <= round % 3; step++) {
        await path.deliver('shared');
        await path.deliver('edge');
      }
    }
    await path.overdue();
    await path.relay();
    await path.settle();
    expect((await report(purgeId))?.completedAt).toBeDefined();
    expect(await rowsLeft()).toBe(0);
    await expectEachItemOnce(path);
  });

  test('where a process dies, at any of the points where it can', async () => {
    const passed = new Set<string>();
    const dieAt = async (tag: string, isThePoint: (name: string, call: number) => boolean): Promise<string | undefined> => {
      let calls = 0;
      let crashed: string | undefined;
      const path = pipeline({
        // So that gateway and edge have windows to wait for, and somebody is woken at the end of each.
        pacing: { gatewayWindowMs: 20, edgeWindowMs: 20 },
        wakes: true,
        crash: (name) => {
          passed.add(name);
          if (crashed || !isThePoint(name, calls++)) return;
          crashed = name;
          throw new Error(`died ${name}`);
        },
      });
      const purgeId = await path.change(tag);
      await afterCommit(path.inside, { purgeId, tags: [tag], mode: 'delete' });
      await path.settle();
      // What sweeps find later; a window whose end nobody is woken for must have ended.
      await waitFor(`nothing is left, after it died ${crashed}`, async () => {
        await path.overdue();
        await path.relay();
        await path.settle();
        return (await rowsLeft()) === 0;
      });
      expect((await report(purgeId))?.steps.map(({ step }) => step)).toEqual(['event', 'shared', 'gateway', 'edge']);
      const kinds = path.effects.map(({ kind }) => kind);
      expect(kinds.indexOf('shared')).toBeLessThan(kinds.indexOf('flush'));
      expect(kinds.indexOf('flush')).toBeLessThan(kinds.indexOf('invalidate'));
      expect(kinds.filter((kind) => kind === 'invalidate')).toHaveLength(1);
      return crashed;
    };
    const points = new Set<string>();
    for (let point = 0; ; point++) {
      const crashed = await dieAt(`place:${point}`, (_, call) => call === point);
      if (!crashed) break;
      points.add(crashed);
    }
    // Windows end by the clock, so that a run may have its steps in another order than the one before, or on a busy machine none
    // to be woken for: what was passed over is tried by name, until it is come by.
    for (const name of passed) {
      const tag = `place:${name.replace(/ /g, '-').toLowerCase()}`;
      for (let attempt = 0; !points.has(name) && attempt < 10; attempt++) {
        const crashed = await dieAt(`${tag}-${attempt}`, (each) => each === name);
        if (crashed) points.add(crashed);
      }
    }
    const published = Object.entries(PUBLISHED).flatMap(([type, byThePath]) => (byThePath ? [`publish ${type}`] : []));
    const expected = ['purge of the shared tier', 'flush', 'invalidation', 'question', 'deferral', ...published];
    expect([...points].sort()).toEqual(expected.flatMap((name) => [`after ${name}`, `before ${name}`]).sort());
  });

  test('where a process dies around a refresh, or the gateway does not carry it out', async () => {
    for (const died of ['before refresh', 'after refresh', undefined]) {
      let crashed = false;
      const path = pipeline({
        pacing: { exactTags: { 'place:{id}': '/places/{id}' } },
        crash: (name) => {
          if (name !== died || crashed) return;
          crashed = true;
          throw new Error(`died ${name}`);
        },
      });
      path.refreshes = died !== undefined;
      const purgeId = await path.change('place:1');
      await path.relay();
      await path.settle();
      expect((await report(purgeId))?.completedAt).toBeDefined();
      expect({ died, flushed: path.effects.some(({ kind }) => kind === 'flush') }).toEqual({
        died,
        flushed: died === undefined,
      });
      expect(await rowsLeft()).toBe(0);
    }
  });

  test.each([1, 2, 3])('where the bus repeats and reorders messages (seed %i)', async (seed) => {
    const path = pipeline({ random: generator(seed), drainSeconds: 1 });
    const purges: string[] = [];
    for (let round = 0; round < 6; round++) {
      for (let id = 0; id < 5; id++) purges.push(await path.change(`place:${id}`, 'country:de'));
      await path.relay();
      await path.deliver('shared');
      await path.deliver('edge');
    }
    await path.settle();
    for (let sweep = 0; sweep < 2; sweep++) {
      await path.overdue();
      await path.relay();
      await path.settle();
    }
    for (const purgeId of purges) {
      expect((await report(purgeId))?.steps.map(({ step }) => step)).toEqual(['event', 'shared', 'gateway', 'edge']);
    }
    expect(await rowsLeft()).toBe(0);
    await expectEachItemOnce(path);
  });
});

describe('a writer', () => {
  test('purges the shared tier and kicks the relay right after its commit', async () => {
    const path = pipeline();
    const purgeId = await path.change('a');
    const kicked: string[] = [];
    const bus = {
      publish: async (messages: readonly { type: string }[]) => {
        kicked.push(...messages.map(({ type }) => type));
        return new Set<number>();
      },
    };
    await afterCommit({ ...path.inside, bus }, { purgeId, tags: ['a'], mode: 'delete' });
    expect(path.effects).toMatchObject([{ kind: 'shared', tags: ['a'] }]);
    expect(kicked).toEqual(['OutboxKicked']);
  });

  test('is done in time where the shared tier and the bus hang', async () => {
    const path = pipeline();
    const never = new Promise<never>(() => {});
    const hanging = { ...path.inside, bus: { publish: () => never }, shared: { purgeTags: () => never } };
    const started = performance.now();
    await afterCommit(hanging, { purgeId: await path.change('a'), tags: ['a'], mode: 'delete' });
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

/** A small linear congruential generator. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
