import type { Pool } from 'pg';
import type { RedisConnectionOptions } from '../../../lambdas/runtime';
import {
  recordInTransaction,
  rollUpEvents,
  USAGE_SCHEMA,
  UsageMeter,
  type UsageMeterOptions,
} from '../../../lambdas/runtime/patterns/usage';
import { waitFor } from '../../support/wait-for';
import { PATIENT, type PatternCluster } from './cluster';

const HOUR_MS = 3_600_000;

export function cases(shared: () => PatternCluster): void {
  const namespace = 'usage';
  const meterOf = (options: Partial<UsageMeterOptions> = {}, connection: Partial<RedisConnectionOptions> = {}): UsageMeter =>
    new UsageMeter({ connection: shared().connection({ namespace, ...connection }), name: 'api', ...options });
  const monthOf = (meter: UsageMeter, tenant: string) => meter.month(tenant, new Date().toISOString().slice(0, 7));
  const hourKey = (tenant: string) => `${namespace}:us:api:{${tenant}}:h:${new Date().toISOString().slice(0, 13)}`;
  let meter: UsageMeter;
  let pool: Pool;

  beforeAll(async () => {
    meter = meterOf();
    pool = (await shared().postgres()).database('owner', PATIENT).writer;
    await pool.query(USAGE_SCHEMA);
  });

  test('an event is counted once, however many processes send it however often', async () => {
    const meters = [meter, meterOf(), meterOf()];
    const events = Array.from({ length: 40 }, (_, i) => ({ eventId: `e${i}`, tenant: 'many', meter: `m${i % 2}`, units: i + 1 }));
    const sent = await Promise.all(events.flatMap((event, i) => meters.slice(0, 1 + (i % 3)).map((each) => each.record(event))));
    expect(sent.filter(({ counted }) => counted).length).toBe(events.length);
    const usage = await monthOf(meter, 'many');
    expect(usage.total).toBe((40 * 41) / 2);
    expect([...usage.byMeter].sort()).toEqual([
      ['m0', 400],
      ['m1', 420],
    ]);
    // The answer of a repetition has the totals, too.
    expect(await meter.record(events[0]!)).toMatchObject({ counted: false, hour: 820, day: 820, month: 820 });
    expect((await meter.day('many', new Date().toISOString().slice(0, 10))).total).toBe(820);
  });

  test('the same id of another tenant is another event', async () => {
    expect((await meter.record({ eventId: 'same', tenant: 'one', meter: 'm' })).counted).toBe(true);
    expect((await meter.record({ eventId: 'same', tenant: 'two', meter: 'm' })).counted).toBe(true);
  });

  test('meters beyond the most are counted as others, whatever they are called', async () => {
    const few = meterOf({ meters: 2 });
    for (const name of ['__proto__', 'constructor', 'a', 'b', 'constructor']) {
      await few.record({ eventId: `${Math.random()}`, tenant: 'few', meter: name });
    }
    const { total, byMeter } = await monthOf(few, 'few');
    expect([total, [...byMeter].sort()]).toEqual([
      5,
      [
        ['__proto__', 1],
        ['constructor', 2],
        ['other', 2],
      ],
    ]);
  });

  test('hours are of the server, whatever the clock of a process says', async () => {
    let ahead = 0;
    const wrong = meterOf({}, { clock: { now: () => Date.now() + ahead, sleep: async () => {} } });
    await wrong.record({ eventId: 'a', tenant: 'clock', meter: 'm' });
    ahead = 800 * HOUR_MS;
    expect(await wrong.record({ eventId: 'a', tenant: 'clock', meter: 'm' })).toMatchObject({ counted: false, month: 1 });
    ahead = -2 * HOUR_MS;
    expect(await wrong.record({ eventId: 'b', tenant: 'clock', meter: 'm' })).toMatchObject({ counted: true, month: 2 });
  });

  test('what is flushed is the total of each hour, however often, and one that was lost lowers nothing', async () => {
    const rows = async () => {
      const { rows } = await pool.query(
        "SELECT meter, units::int FROM usage_hours WHERE name = 'api' AND tenant = 'flushed' ORDER BY meter",
      );
      return rows.map((row) => [row.meter, row.units]);
    };
    const record = (eventId: string, name: string) => meter.record({ eventId, tenant: 'flushed', meter: name, units: 5 });
    await Promise.all([record('a', 'x'), record('b', 'y'), record('a', 'x')]);
    await Promise.all([meter.flush(pool), meterOf().flush(pool)]);
    expect(await rows()).toEqual([
      ['x', 5],
      ['y', 5],
    ]);
    await record('c', 'x');
    await meter.flush(pool);
    await meter.flush(pool, { hours: 0 });
    expect(await rows()).toEqual([
      ['x', 10],
      ['y', 5],
    ]);
    await shared().client().del(hourKey('flushed'));
    await record('d', 'x');
    await meter.flush(pool);
    expect((await rows())[0]).toEqual(['x', 10]);
  });

  test('a flush that ends in the middle is made good by the next', async () => {
    await Promise.all(['f1', 'f2', 'f3'].map((tenant) => meter.record({ eventId: 'e', tenant, meter: 'm' })));
    const dead = { query: async () => Promise.reject(new Error('gone')) };
    await expect(meter.flush(dead)).rejects.toThrow('gone');
    await meter.flush(pool);
    const { rows } = await pool.query("SELECT tenant FROM usage_hours WHERE tenant IN ('f1', 'f2', 'f3') ORDER BY tenant");
    expect(rows.map(({ tenant }) => tenant)).toEqual(['f1', 'f2', 'f3']);
  });

  test('a row is committed with what it is about, once, and its hours add up', async () => {
    const client = await pool.connect();
    const event = { eventId: 'order-1', tenant: 'billed', meter: 'orders', units: 3 };
    try {
      await client.query('BEGIN');
      expect(await recordInTransaction(client, 'orders', event)).toBe(true);
      await client.query('ROLLBACK');
      expect(await recordInTransaction(client, 'orders', event)).toBe(true);
      expect(await recordInTransaction(client, 'orders', event)).toBe(false);
    } finally {
      client.release();
    }
    await recordInTransaction(pool, 'orders', { ...event, eventId: 'order-2' });
    await Promise.all([rollUpEvents(pool, 'orders'), rollUpEvents(pool, 'orders')]);
    const { rows } = await pool.query("SELECT tenant, meter, units::int FROM usage_hours WHERE name = 'orders'");
    expect(rows).toEqual([{ tenant: 'billed', meter: 'orders', units: 6 }]);
  });

  test.each([
    [{ eventId: '' }, "'eventId' must be a text of 1 to 256 characters"],
    [{ tenant: 7 as never }, "'tenant' must be a text of 1 to 256 characters"],
    [{ units: 0.5 }, "'units' must be a whole number of at least 1, got: 0.5"],
  ])('refuses %j', async (wrong, message) => {
    await expect(meter.record({ eventId: 'e', tenant: 't', meter: 'm', ...wrong })).rejects.toThrow(message);
  });

  test('an event whose answer was lost is repeated with its id, and counted once', async () => {
    const quick = meterOf({}, { budgetMs: 50, writeBudgetMs: 50 });
    const event = { eventId: 'lost', tenant: 'lost', meter: 'm' };
    await quick.record({ ...event, eventId: 'first' });
    await shared().whileFrozen(hourKey('lost'), () =>
      expect(quick.record(event)).rejects.toMatchObject({ code: 'E_SHARED_UNAVAILABLE', applied: 'unknown' }),
    );
    await waitFor('the shard', () =>
      meter.record(event).then(
        () => true,
        () => false,
      ),
    );
    expect((await meter.record(event)).counted).toBe(false);
    expect((await monthOf(meter, 'lost')).total).toBeLessThanOrEqual(2);
  });

  test('no key of it lives for ever', async () => {
    expect(await shared().keysWithoutTtl(namespace)).toEqual([]);
  });
}
