import { Feeds } from '../../../lambdas/runtime/patterns/feeds';
import { GeoIndex, LiveGeoIndex } from '../../../lambdas/runtime/patterns/geo';
import { Grid } from '../../../lambdas/runtime/patterns/geo/cells';
import { Leaderboard } from '../../../lambdas/runtime/patterns/leaderboards';
import { spanAt } from '../../../lambdas/runtime/patterns/leaderboards/period';
import { Popularity, warmPlan } from '../../../lambdas/runtime/patterns/popularity';
import { RateLimiter } from '../../../lambdas/runtime/patterns/rate-limit';
import { Sessions } from '../../../lambdas/runtime/patterns/sessions';
import { userHash } from '../../../lambdas/runtime/patterns/sessions/token';
import { TimeSeries } from '../../../lambdas/runtime/patterns/time-series';
import { USAGE_SCHEMA, UsageMeter } from '../../../lambdas/runtime/patterns/usage';
import { slotOf } from '../../../lambdas/runtime/shared/hash-slot';
import {
  always,
  answers,
  FIRST_SLOT,
  namesOf,
  type OpenOperations,
  ofTier,
  onShard,
  READ_MS,
  reads,
  toTier,
  WRITE_MS,
} from './operation';

/** Operations of patterns whose keys are their own. */
export const OF_THE_TIER: Readonly<Record<string, OpenOperations>> = {
  async feeds(context) {
    const { connection } = context;
    const key = (user: string) => namesOf(context).key('fe', 'operations', user);
    const [user, away] = [onShard('user', key), onShard('away', key)];
    let unread = 0;
    const feeds = new Feeds({
      connection,
      name: 'operations',
      rebuild: async () => ({ items: [{ id: 'post', at: 1 }] }),
      followers: async () => [user],
    });
    await feeds.read(user);
    const items = [{ id: 'post', at: 1 }];
    return {
      read: { run: () => feeds.read(user), ...always({ items }) },
      'read one that is missing': {
        run: () => feeds.read(onShard(`${away}-${++unread}`, key)),
        ...always({ items }, READ_MS + WRITE_MS),
      },
      publish: { run: () => feeds.publish({ postId: 'post', authorId: 'author', at: 1 }), ...toTier() },
      forget: { run: () => feeds.forget(user), ...toTier() },
    };
  },

  async geo(context) {
    const { connection } = context;
    const cells = Array.from({ length: 50 }, (_, n) => new Grid(4).at({ latitude: 50, longitude: n }));
    const { south, west, north, east } = cells.find(
      ({ geohash }) => slotOf(namesOf(context).key('ge', 'operations', geohash)) >= FIRST_SLOT,
    )!;
    const at = { latitude: (south + north) / 2, longitude: (west + east) / 2 };
    const index = new GeoIndex({ connection, name: 'operations', loadCell: async () => [{ id: 'thing', ...at }] });
    const live = new LiveGeoIndex({ connection, name: 'operations-live', keepSeconds: 600, cellDigits: 4 });
    const area = { ...at, radiusKm: 1 };
    await index.search(area);
    await live.track('thing', at, Date.now());
    const items = [{ id: 'thing' }];
    return {
      search: { run: () => index.search(area), ...always({ items, complete: true }) },
      moved: { run: () => index.moved({ to: at }), ...toTier() },
      'search of what moves': { run: () => live.search(area), ...ofTier({ items }) },
      track: { run: () => live.track('thing', at, Date.now()), ...toTier() },
    };
  },

  async leaderboards(context) {
    const { connection } = context;
    const period = spanAt('week', connection.now()).name;
    const key = (id: string) => `${connection.namespace}:lb:${id}:{${id}:${period}:0}`;
    const ties = { first: 'first', resolutionSeconds: 60 } as const;
    const board = new Leaderboard({ connection, name: onShard('board', key), maxScore: 1000, ties });
    await board.submit('ada', 5);
    return {
      submit: { run: () => board.submit('bob', 4), ...toTier() },
      increment: { run: () => board.increment('cy', 1), ...toTier() },
      top: { run: () => board.top(1), ...ofTier([{ member: 'ada', score: 5 }]) },
      rank: { run: () => board.rank('ada'), ...ofTier({ rank: 1, score: 5 }) },
      page: { run: () => board.page(undefined, { limit: 1 }), ...ofTier({ entries: [{ member: 'ada' }] }) },
    };
  },

  async popularity(context) {
    const { connection } = context;
    const hour = (id: string) => namesOf(context).key('pp', 'operations', id, `:${new Date().toISOString().slice(0, 13)}`);
    const route = onShard('route', hour);
    const popularity = new Popularity({ connection, name: 'operations', sampleOneIn: 1, everySeconds: 3600 });
    const report = () => {
      popularity.count(route, 'id');
      return popularity.flush();
    };
    await report();
    return {
      count: { run: async () => popularity.count(route, 'id'), ...always(undefined, 0) },
      flush: { run: report, ...toTier() },
      top: { run: () => popularity.top(route, { last: 7200 }), ...ofTier([{ id: 'id' }]) },
      warmPlan: { run: () => warmPlan(popularity, route, { popular: 1 }), ...ofTier(['id']) },
    };
  },

  async 'rate-limit'(context) {
    const { connection } = context;
    const id = onShard('caller', (key) => namesOf(context).key('rl', 'operations', key));
    const limiter = (onUnavailable: 'allow' | 'deny' | 'local', limit = 1000) =>
      new RateLimiter({
        connection,
        name: 'operations',
        algorithm: 'sliding-window',
        limit,
        windowSeconds: 86_400,
        onUnavailable,
      });
    const [allow, deny, local] = [limiter('allow'), limiter('deny'), limiter('local')];
    await deny.consume(id);
    const without = (decision: object, waitsMs = WRITE_MS) => reads(answers(decision), answers(decision), waitsMs);
    return {
      'consume or allow': { run: () => allow.consume(id), ...without({ allowed: true, source: 'unavailable' }) },
      'consume or deny': { run: () => deny.consume(id), ...without({ allowed: false, source: 'unavailable' }) },
      'consume by itself': { run: () => local.consume(id), ...without({ allowed: true, source: 'local' }) },
      peek: {
        run: () => deny.peek(id),
        ...reads(answers({ allowed: true, source: 'shared' }), answers({ allowed: false, source: 'unavailable' })),
      },
    };
  },

  async sessions(context) {
    const { connection } = context;
    const user = onShard('user', (id) => namesOf(context).key('se', 'operations', userHash(id)));
    const sessions = new Sessions<number>({ connection, name: 'operations' });
    const anonymous = new Sessions<number>({ connection, name: 'operations', onUnavailable: 'anonymous' });
    const bridged = () => new Sessions<number>({ connection, name: 'operations', memoryTtlSeconds: 600 });
    const [reader, ender] = [bridged(), bridged()];
    const [{ token, session }, ended] = [await sessions.create(user, 1), await sessions.create(user, 1)];
    const { id } = session;
    await reader.get(token);
    await ender.get(ended.token);
    await ender.destroy(ended.token);
    return {
      get: { run: () => sessions.get(token), ...ofTier({ id, data: 1 }) },
      'get or nobody': { run: () => anonymous.get(token), ...reads(answers({ id }), answers(undefined)), kept: { id } },
      'get within the time of memory': { run: () => reader.get(token), ...always({ id }) },
      'get what was ended': { run: () => ender.get(ended.token), ...ofTier(undefined) },
      list: { run: () => sessions.list(user), ...reads(answers([{ id }]), 'unavailable') },
      create: { run: () => sessions.create(user, 2), ...toTier() },
      update: { run: () => sessions.update(token, (data) => data), ...toTier(READ_MS + WRITE_MS) },
      'revokeAll but one': { run: () => sessions.revokeAll(user, { except: id }), ...toTier() },
    };
  },

  async 'time-series'(context) {
    const { connection } = context;
    const source = onShard('device', (id) => `${connection.namespace}:ts:operations:{${id}}`);
    const metric = 'visits';
    const series = new TimeSeries({ connection, name: 'operations', resolutions: { hour: 86_400 } });
    const at = Date.now();
    const record = () => series.record([{ source, metric: 'm', value: 3, at }], { batchId: 'one' });
    await record();
    await series.uniques.add(metric, at, ['a']);
    const range = { from: at - 3_600_000, to: at + 1 };
    return {
      record: { run: record, ...toTier() },
      query: {
        run: async () =>
          (await series.query({ sources: [source], metric: 'm', ...range, resolution: 'hour' }))
            .get(source)!
            .map(({ count }) => count),
        ...ofTier([1]),
      },
      // Twelve parts in as many slots.
      'uniques.count': { run: () => series.uniques.count(metric, range.from, range.to), ...ofTier(1) },
    };
  },

  async usage({ connection, pool }) {
    await pool.query(`DROP TABLE IF EXISTS usage_hours, usage_events; ${USAGE_SCHEMA}`);
    const tenant = onShard('tenant', (id) => `${connection.namespace}:us:operations:{${id}}`);
    const meter = new UsageMeter({ connection, name: 'operations' });
    const event = { eventId: 'one', tenant, meter: 'm' };
    await meter.record(event);
    return {
      record: { run: () => meter.record(event), ...toTier(2 * WRITE_MS) },
      month: { run: () => meter.month(tenant, new Date(connection.now()).toISOString().slice(0, 7)), ...ofTier({ total: 1 }) },
      flush: { run: () => meter.flush(pool), ...reads(answers(1), 'unavailable') },
    };
  },
};
