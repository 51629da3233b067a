import type { Pool } from 'pg';
import { transaction } from '../../lambdas/platform/database';
import { MAX_ATTEMPTS } from '../../lambdas/platform/purge/outbox';
import { relayStep, sharedStep } from '../../lambdas/platform/purge/purge-path';
import { requestPurge } from '../../lambdas/platform/purge/purge-requests';
import { listPurges, purgeReport } from '../../lambdas/platform/purge/report';
import { housekeeping } from '../../lambdas/platform/purge/retention';
import type { EventDetails } from '../../lib/contract/events';
import { type Postgres, startPostgres } from '../support/postgres';
import { type PipelineOptions, TestPipeline } from '../support/purge-pipeline';

let postgres: Postgres;
let primary: Pool;
let writer: Pool;
let output: jest.SpyInstance;
const lines: string[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.migrate();
  primary = postgres.database('keeper').writer;
  writer = postgres.database('writer').writer;
});
afterAll(() => postgres?.dispose());

beforeEach(async () => {
  lines.length = 0;
  output = jest.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  await postgres.administrator.query(
    'TRUNCATE cachement.outbox, cachement.purge, cachement.purge_step, cachement.gateway_command, cachement.edge_batch, cachement.edge_month CASCADE',
  );
  await postgres.administrator.query("UPDATE cachement.pace SET tokens = 0, refilled_at = 'epoch', wake_at = NULL");
});
afterEach(() => output.mockRestore());

const pipeline = (options: Partial<PipelineOptions> = {}) => new TestPipeline({ primary, writer, ...options });
const invalidations = (path: TestPipeline) =>
  path.effects.flatMap((effect) => (effect.kind === 'invalidate' ? [effect.items] : []));
const report = (purgeId: string) => purgeReport(primary, purgeId);
const rowsLeft = async (): Promise<number> =>
  (await postgres.administrator.query('SELECT count(*)::integer AS count FROM cachement.outbox')).rows[0].count;
const request = (tags: string[], options: Parameters<typeof requestPurge>[2]) =>
  transaction(writer, (client) => requestPurge(client, tags, options));
/** The windows are over: what was opened was opened an hour ago. */
const windowsEnd = () =>
  postgres.administrator.query(
    "UPDATE cachement.edge_batch SET opened_at = opened_at - interval '1 hour' WHERE sealed_at IS NULL",
  );

describe('a batch', () => {
  test('is open for a window, and each tag in it costs one item', async () => {
    const path = pipeline({ pacing: { edgeWindowMs: 3_600_000 } });
    for (let round = 0; round < 5; round++) {
      await path.change('place:1', 'country:de');
      await path.change(`place:${round + 2}`, 'country:de');
      await path.relay();
      for (let turn = 0; turn < 4; turn++) {
        await path.deliver('shared');
        await path.deliver('edge');
        path.skipDelays();
      }
    }
    expect(invalidations(path)).toEqual([]);
    await windowsEnd();
    await path.relay();
    await path.settle();
    expect(invalidations(path)).toEqual([['#country:de', ...[1, 2, 3, 4, 5, 6].map((id) => `#place:${id}`)]]);
    expect(await rowsLeft()).toBe(0);
  });

  test('has somebody woken when its window ends', async () => {
    const path = pipeline({ pacing: { edgeWindowMs: 60_000 }, drainSeconds: 0 });
    await path.change('place:1');
    await path.relay();
    for (let turn = 0; turn < 3; turn++) {
      await path.deliver('shared');
      await path.deliver('edge');
    }
    const wakes = path.messages('edge').filter((message) => message['detail-type'] === 'WakeRequested');
    expect(wakes).toHaveLength(1);
    const { rows } = await postgres.administrator.query(
      "SELECT opened_at + interval '60 seconds' AS at FROM cachement.edge_batch WHERE sealed_at IS NULL",
    );
    expect(wakes[0]?.detail.at).toBe(rows[0].at.getTime());
  });

  test('waits for a slot, which only a reported completion frees', async () => {
    const path = pipeline({ drainSeconds: 0 });
    path.pollsUntilCompleted = Number.MAX_SAFE_INTEGER;
    for (let n = 0; n < 80; n++) await path.change(...Array.from({ length: 50 }, (_, i) => `t:${n * 50 + i}`));
    await path.relay();
    for (let turn = 0; turn < 60; turn++) {
      await path.deliver('shared');
      await path.deliver('edge');
    }
    // Whole batches only, so that a few slots may stay free.
    expect(path.paidItems.length).toBeGreaterThan(2400);
    expect(path.paidItems.length).toBeLessThanOrEqual(3000);
    path.complete();
    await path.settle();
    expect(path.paidItems).toHaveLength(4000);
    expect(new Set(path.paidItems).size).toBe(4000);
    expect(await rowsLeft()).toBe(0);
  });

  test('has at most 15 wildcards in progress, and those do not hold up the others', async () => {
    const path = pipeline({ drainSeconds: 0 });
    path.pollsUntilCompleted = Number.MAX_SAFE_INTEGER;
    for (let n = 0; n < 4; n++) await request([], { paths: Array.from({ length: 5 }, (_, i) => `/w/${n}/${i}/*`) });
    await path.change('place:1');
    await path.relay();
    for (let turn = 0; turn < 20; turn++) {
      await path.deliver('shared');
      await path.deliver('edge');
    }
    expect(path.paidItems.filter((item) => item.endsWith('*'))).toHaveLength(15);
    expect(path.paidItems).toContain('#place:1');
    path.complete();
    await path.settle();
    expect(path.paidItems).toHaveLength(21);
    // The shared tier knows nothing of paths.
    expect(path.effects.filter(({ kind }) => kind === 'shared')).toHaveLength(1);
  });

  test('waits for a token, and goes when there is one', async () => {
    const path = pipeline({ drainSeconds: 0, pacing: { callsPerSecond: 0.000_001 } });
    await postgres.administrator.query('UPDATE cachement.pace SET tokens = 1, refilled_at = now()');
    for (const tag of ['a', 'b']) {
      await path.change(tag);
      await path.relay();
      for (let turn = 0; turn < 4; turn++) {
        await path.deliver('shared');
        await path.deliver('edge');
      }
    }
    expect(invalidations(path)).toEqual([['#a']]);
    await postgres.administrator.query('UPDATE cachement.pace SET tokens = 1');
    await path.relay();
    for (let turn = 0; turn < 3; turn++) await path.deliver('edge');
    expect(invalidations(path)).toEqual([['#a'], ['#b']]);
  });

  test('that CloudFront throttles is tried again under the same reference', async () => {
    const path = pipeline({ drainSeconds: 0 });
    path.throttles = 3;
    const purgeId = await path.change('a');
    await path.relay();
    await path.settle();
    expect(invalidations(path)).toEqual([['#a']]);
    expect((await report(purgeId))?.completedAt).toBeDefined();
  });

  test('that nobody reports of is sent again as it was', async () => {
    const path = pipeline({ drainSeconds: 0 });
    const purgeId = await path.change('a');
    await path.relay();
    for (let turn = 0; turn < 3; turn++) {
      await path.deliver('shared');
      await path.deliver('edge');
    }
    path.loseMessages();
    await path.overdue();
    await path.relay();
    await path.settle();
    expect(invalidations(path)).toEqual([['#a']]);
    expect((await report(purgeId))?.completedAt).toBeDefined();
  });
});

describe('a budget', () => {
  const pacing = { monthlyItems: 100, parentTags: { 'place:{id}': 'places' }, escalateFrom: 1000 };
  const used = (items: number) =>
    postgres.administrator.query("INSERT INTO cachement.edge_month VALUES (date_trunc('month', now() AT TIME ZONE 'UTC'), $1)", [
      items,
    ]);

  test('counts items over all processes, and reports how much of it is used', async () => {
    await used(79);
    const path = pipeline({ drainSeconds: 0, pacing });
    await path.change('a', 'b');
    await path.relay();
    await path.settle();
    expect(lines.some((line) => line.includes('"EdgeBudgetUsed":81'))).toBe(true);
    expect((await postgres.administrator.query('SELECT items FROM cachement.edge_month')).rows).toEqual([{ items: 81 }]);
  });

  test('that is used up purges parents, and leaves the rest to its TTL, but for what is urgent', async () => {
    await used(100);
    const path = pipeline({ drainSeconds: 0, pacing });
    const left = await path.change('country:de');
    const coarse = await path.change('place:1', 'place:2');
    const urgent = await request(['country:fr'], { urgent: true });
    await path.relay();
    await path.settle();
    expect(invalidations(path).flat().sort()).toEqual(['#country:fr', '#places']);
    for (const purgeId of [left, coarse, urgent]) expect((await report(purgeId))?.completedAt).toBeDefined();
    const purges = await listPurges(primary, new Date(0), new Date(Date.now() + 60_000));
    expect(purges.filter(({ leftToTtl }) => leftToTtl).map(({ purgeId }) => purgeId)).toEqual([left]);
    expect(await rowsLeft()).toBe(0);
  });

  test('that is far over leaves everything to its TTL that is not urgent, and the purge is complete', async () => {
    await used(110);
    const path = pipeline({ drainSeconds: 0, pacing });
    const purgeId = await path.change('place:1');
    await path.relay();
    await path.settle();
    expect(invalidations(path)).toEqual([]);
    expect((await report(purgeId))?.completedAt).toBeDefined();
    expect(await rowsLeft()).toBe(0);
  });
});

describe('a purge', () => {
  test('that is prompt goes to the outer tiers at once and again after the drain, which completes it', async () => {
    const path = pipeline({ drainSeconds: 60 });
    const purgeId = await request(['a'], { prompt: true });
    await path.relay();
    for (let turn = 0; turn < 4; turn++) {
      await path.deliver('shared');
      await path.deliver('edge');
    }
    expect(path.effects.map(({ kind }) => kind)).toEqual(['shared', 'flush', 'invalidate']);
    expect((await report(purgeId))?.steps.map(({ step }) => step)).toEqual(['event', 'shared']);
    await path.settle();
    expect(path.effects.map(({ kind }) => kind)).toEqual(['shared', 'flush', 'invalidate', 'flush', 'invalidate']);
    expect((await report(purgeId))?.completedAt).toBeDefined();
  });

  test('that expires says so to the shared tier', async () => {
    const path = pipeline();
    await request(['a'], { mode: 'expire' });
    await path.relay();
    await path.settle();
    expect(path.effects[0]).toMatchObject({ kind: 'shared', mode: 'expire' });
  });

  test('that came over the bus is done once, however often it comes', async () => {
    const path = pipeline({ drainSeconds: 0 });
    const purgeId = '22222222-2222-4222-8222-222222222222';
    const submitted = { type: 'PurgeSubmitted' as const, detail: { purgeId, tags: ['a'], mode: 'delete' as const } };
    for (let copy = 0; copy < 3; copy++) path.send('shared', submitted);
    await path.settle();
    path.send('shared', submitted);
    await path.settle();
    expect(path.effects.map(({ kind }) => kind)).toEqual(['shared', 'flush', 'invalidate']);
    expect((await report(purgeId))?.completedAt).toBeDefined();
  });

  test.each([
    ['an item', ['#a'], []],
    ['a wildcard', ['a*'], []],
    ['two tags in one', ['a,b'], []],
    ['a line break', ['a\nb'], []],
    ['a megabyte', ['a'.repeat(2 ** 20)], []],
    ['a path that is none', [], ['a']],
    ['a wildcard in the middle of a path', [], ['/a*b']],
    ['a line break in a path', [], ['/a\n/b']],
    ['nothing at all', [], []],
  ])('is refused by the outbox where it has %s', async (_, tags, paths) => {
    await expect(request(tags, { paths })).rejects.toThrow(/outbox_(tags|paths)_are_valid/);
  });

  test('is replayed by the time of its commit, under an id of its own', async () => {
    const path = pipeline({ drainSeconds: 0 });
    const first = await path.change('a', 'b');
    await path.change('a', 'b');
    await path.relay();
    await path.settle();
    const from = Date.parse((await report(first))?.committedAt ?? '');
    const replay = { replayId: '33333333-3333-4333-8333-333333333333', from: from - 1000, to: from + 60_000 };
    for (let copy = 0; copy < 2; copy++) path.send('shared', { type: 'ReplayRequested', detail: replay });
    await path.settle();
    // Two of the same tags are one, and the message that came twice added nothing.
    expect(path.effects.filter(({ kind }) => kind === 'shared')).toHaveLength(3);
    const purges = await listPurges(primary, new Date(0), new Date(Date.now() + 60_000));
    expect(purges).toHaveLength(3);
    expect(purges.every(({ completedAt }) => completedAt)).toBe(true);
  });

  test('that nobody ever reports of is set aside, and a replay takes it up again', async () => {
    const path = pipeline({ drainSeconds: 0 });
    const purgeId = await path.change('a');
    for (let attempt = 0; attempt < MAX_ATTEMPTS + 2; attempt++) {
      await path.overdue();
      await path.relay();
      path.loseMessages();
    }
    expect((await postgres.administrator.query('SELECT attempts FROM cachement.outbox')).rows).toEqual([
      { attempts: MAX_ATTEMPTS },
    ]);
    await housekeeping(primary);
    expect(lines.some((line) => line.includes('"PurgesParked":1'))).toBe(true);
    const replayId = '44444444-4444-4444-8444-444444444444';
    path.send('shared', { type: 'ReplayRequested', detail: { replayId, from: 0, to: Date.now() + 60_000 } });
    await path.settle();
    expect((await report(purgeId))?.completedAt).toBeDefined();
  });

  test('is forgotten a month after it was complete, and no earlier', async () => {
    const path = pipeline({ drainSeconds: 0 });
    const [old, recent] = [await path.change('a'), await path.change('b')];
    await path.relay();
    await path.settle();
    await postgres.administrator.query(
      "UPDATE cachement.purge SET committed_at = now() - interval '31 days', completed_at = now() - interval '31 days' WHERE purge_id = $1",
      [old],
    );
    await housekeeping(primary);
    expect(await report(old)).toBeUndefined();
    expect(await report(recent)).toBeDefined();
  });
});

test('purges of a moment share a flush that waits for the drain of the last of them', async () => {
  const path = pipeline({ drainSeconds: 600, pacing: { gatewayWindowMs: 3_600_000 } });
  for (let n = 0; n < 3; n++) {
    await path.change(`place:${n}`);
    await path.relay();
    await path.deliver('shared');
  }
  const { rows } = await postgres.administrator.query(
    `SELECT count(*)::integer AS commands, bool_and(not_before >= (SELECT max(at) FROM cachement.purge_step WHERE step = 'shared') + interval '599 seconds')
       AS after_all FROM cachement.gateway_command`,
  );
  expect(rows).toEqual([{ commands: 1, after_all: true }]);
  await postgres.administrator.query("UPDATE cachement.gateway_command SET opened_at = opened_at - interval '2 hours'");
  await relayStep(path.inside, () => false);
  await path.settle();
  expect(path.effects.filter(({ kind }) => kind === 'flush')).toHaveLength(1);
  expect(await rowsLeft()).toBe(0);
});

test('a step whose commit fails counts nothing, and counts once when it is done again', async () => {
  const counted = () => lines.filter((line) => line.includes('"CommitToShared"')).length;
  const path = pipeline();
  await path.change('place:1');
  await path.relay();
  const [message] = path.messages('shared');
  const step = () =>
    sharedStep(path.inside)([{ messageId: 'm', detail: message?.detail as unknown as EventDetails['PurgeRequested'] }]);
  // Deferred to the end of the transaction, so that COMMIT itself fails.
  await postgres.administrator.query(
    `CREATE FUNCTION refuse_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'commit refused'; END $$;
     CREATE CONSTRAINT TRIGGER refuse_commit AFTER INSERT ON cachement.purge_step
       DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.step = 'shared') EXECUTE FUNCTION refuse_commit()`,
  );
  try {
    await expect(step()).rejects.toThrow('commit refused');
  } finally {
    await postgres.administrator.query('DROP FUNCTION refuse_commit CASCADE');
  }
  expect(counted()).toBe(0);

  await step();
  expect(counted()).toBe(1);
});
