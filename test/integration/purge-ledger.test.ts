import { Outbox } from '../../lambdas/platform/purge/outbox';
import { purgedKeys } from '../../lambdas/platform/purge/purged-keys';
import { defineRoute } from '../../lib/route';
import { purgeDatabase } from '../support/purge-database';

const database = purgeDatabase();
const { pipeline, rowsLeft, report } = database;

describe('the relay', () => {
  test('sends each row once, however many relays run', async () => {
    const path = pipeline();
    for (let id = 0; id < 145; id++) await path.change(`place:${id}`);
    await Promise.all([path.relay(), path.relay(), path.relay()]);
    const sent = path.messages('shared').map(({ detail }) => detail.purgeId);
    expect(sent).toHaveLength(145);
    expect(new Set(sent).size).toBe(145);
  });

  test('sends nothing again before it is overdue', async () => {
    const path = pipeline();
    await path.change('a');
    await path.relay();
    await path.relay();
    expect(path.messages('shared')).toHaveLength(1);
    await path.overdue();
    await path.relay();
    expect(path.messages('shared')).toHaveLength(2);
  });

  test('leaves the rest to the next run when it is out of time', async () => {
    const path = pipeline();
    for (let id = 0; id < 125; id++) await path.change(`place:${id}`);
    let runs = 0;
    const outbox = new Outbox(path.inside.primary, path.inside.bus);
    expect(await outbox.sendDue(() => ++runs > 2)).toEqual({ sent: 100, failed: 0 });
    expect(await outbox.sendDue()).toEqual({ sent: 25, failed: 0 });
  });
});

describe('a report', () => {
  test('of a flush that was requested before the drain was over is ignored', async () => {
    const path = pipeline({ drainSeconds: 60 });
    const purgeId = await path.change('a');
    await path.relay();
    await path.deliver('shared');
    const { commandId, purgeIds, notBefore } = path.messages('edge')[0]?.detail as {
      commandId: string;
      purgeIds: string[];
      notBefore: number;
    };
    const early = { commandId, purgeIds, requestedAt: notBefore - 1, acknowledgedAt: notBefore + 5 };
    path.send('shared', { type: 'GatewayPurged', detail: early });
    expect(await path.deliver('shared')).toEqual({ batchItemFailures: [] });
    expect((await report(purgeId))?.steps.map(({ step }) => step)).toEqual(['event', 'shared']);
    path.send('shared', { type: 'GatewayPurged', detail: { ...early, requestedAt: notBefore } });
    await path.deliver('shared');
    expect((await report(purgeId))?.steps.map(({ step }) => step)).toEqual(['event', 'shared', 'gateway']);
  });

  test('that nobody knows is ignored', async () => {
    const path = pipeline();
    const id = '11111111-1111-4111-8111-111111111111';
    path.send('shared', { type: 'GatewayPurged', detail: { commandId: id, purgeIds: [id], requestedAt: 1, acknowledgedAt: 2 } });
    path.send('shared', { type: 'EdgePurgeAccepted', detail: { batchId: id, invalidationId: 'I', acceptedAt: 1 } });
    path.send('shared', { type: 'EdgePurgeCompleted', detail: { batchId: id, invalidationId: 'I', completedAt: 1 } });
    expect(await path.deliver('shared')).toEqual({ batchItemFailures: [] });
    expect(await rowsLeft()).toBe(0);
  });

  test('of completion may overtake the one of acceptance', async () => {
    const path = pipeline({ drainSeconds: 0 });
    const purgeId = await path.change('a');
    await path.relay();
    await path.deliver('shared');
    await path.deliver('edge');
    await path.deliver('shared');
    const { batchId } = path.messages('edge').find((message) => message['detail-type'] === 'EdgePurgeRequested')?.detail as {
      batchId: string;
    };
    const now = Date.now();
    path.send('shared', { type: 'EdgePurgeCompleted', detail: { batchId, invalidationId: 'I0', completedAt: now + 900 } });
    await path.deliver('shared');
    path.send('shared', { type: 'EdgePurgeAccepted', detail: { batchId, invalidationId: 'I0', acceptedAt: now + 100 } });
    await path.deliver('shared');
    expect((await report(purgeId))?.steps.at(-1)).toEqual({
      step: 'edge',
      acceptedAt: new Date(now + 100).toISOString(),
      at: new Date(now + 900).toISOString(),
    });
  });
});

describe('the keys that were purged within a time', () => {
  const route = defineRoute({
    name: 'item',
    path: '/items/{id}',
    query: { size: {} },
    freshness: { sharedTtlSeconds: 60 },
    tags: ['item:{id}', 'items'],
  });
  /** Which values the primary has, by id; the others are absent. */
  const values = new Map<string, number>();
  const keyOf = (tag: string) => {
    const id = /^item:(\w+)$/.exec(tag)?.[1];
    return id === undefined
      ? undefined
      : { route, parameters: { id, size: 'l' }, absent: 'none', load: async () => values.get(id) };
  };
  beforeEach(() => values.clear());

  /** A purge that was committed some seconds ago; in the ledger, or in the outbox still. */
  const purged = async (secondsAgo: number, tags: string[], more: { paths?: string[]; mode?: string; outbox?: boolean } = {}) => {
    const { paths = [], mode = 'delete', outbox } = more;
    const { rows } = await database.administrator.query<{ purge_id: string }>(
      outbox
        ? `INSERT INTO cachement.outbox (tags, paths, mode, created_at)
           VALUES ($1, $2, $3, clock_timestamp() - make_interval(secs => $4)) RETURNING purge_id`
        : `INSERT INTO cachement.purge (purge_id, tags, paths, mode, version, committed_at)
           VALUES (gen_random_uuid(), $1, $2, $3, '', clock_timestamp() - make_interval(secs => $4)) RETURNING purge_id`,
      [tags, paths, mode, secondsAgo],
    );
    return rows[0]!.purge_id;
  };
  /** Of those that were purged 100 to 200 seconds ago. */
  const found = (limit?: number) =>
    purgedKeys(database.primary, { from: new Date(Date.now() - 200_000), to: new Date(Date.now() - 100_000), keyOf, limit });
  const paths = async () => (await found()).map(({ path }) => path).sort();

  test('are those that a purge names, in the ledger or before it, with what the primary has', async () => {
    values.set('a', 1).set('b', 1).set('c', 2);
    const ids = [await purged(150, ['item:a', 'other:x']), await purged(150, ['item:b'], { outbox: true })];
    await purged(150, ['item:c']);
    await purged(150, ['item:d']);
    await purged(250, ['item:early']);
    const keys = new Map((await found()).map((key) => [key.path, key]));
    expect([...keys.keys()].sort()).toEqual(['/items/a?size=l', '/items/b?size=l', '/items/c?size=l', '/items/d?size=l']);
    expect([keys.get('/items/a?size=l')?.purgeId, keys.get('/items/b?size=l')?.purgeId]).toEqual(ids);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => keys.get(`/items/${id}?size=l`)?.entityTag);
    expect(a).toMatch(/^"[\w-]{22}"$/);
    expect(b).toBe(a);
    expect(new Set([a, c, d]).size).toBe(3);
  });

  test('are none that were purged again: by the tag, by another of theirs, by path, or in the outbox', async () => {
    await purged(150, ['item:tag', 'item:path', 'item:row', 'item:stays']);
    await purged(50, ['item:tag']);
    await purged(50, ['item:other'], { paths: ['/items/pa*'] });
    await purged(50, ['item:row'], { outbox: true });
    expect(await paths()).toEqual(['/items/stays?size=l']);
    await purged(50, ['items']);
    expect(await paths()).toEqual([]);
  });

  test('are none whose purge allows old values', async () => {
    await purged(150, ['item:a'], { mode: 'expire' });
    await purged(150, ['item:b'], { mode: 'expire' });
    await purged(140, ['item:b']);
    expect(await paths()).toEqual(['/items/b?size=l']);
  });

  test('are a few of many, and the same when asked again', async () => {
    for (let i = 0; i < 20; i++) await purged(150, [`item:${i}`]);
    const [from, to] = [new Date(Date.now() - 200_000), new Date(Date.now() - 100_000)];
    const ask = () => purgedKeys(database.primary, { from, to, keyOf, limit: 3 });
    const first = await ask();
    expect(first).toHaveLength(3);
    expect(await ask()).toEqual(first);
  });
});
