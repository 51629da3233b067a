import type { RedisConnection } from '../../../lambdas/runtime';
import { patternKey } from '../../../lambdas/runtime/patterns/keys';
import { type Session, Sessions, type SessionsOptions } from '../../../lambdas/runtime/patterns/sessions';
import { userHash } from '../../../lambdas/runtime/patterns/sessions/token';
import { signIn } from '../../snippets/sessions';
import { waitFor } from '../../support/wait-for';
import type { PatternCluster } from './cluster';

interface Data {
  readonly count: number;
}

const NAMESPACE = 'sessions-test';
const keyOf = (name: string, userId: string) => patternKey(NAMESPACE, 'se', name, userHash(userId));

export function cases(shared: () => PatternCluster): void {
  let connection: RedisConnection;
  const sessionsOf = (options: Partial<SessionsOptions> = {}) => new Sessions<Data>({ connection, name: 'web', ...options });
  const one = { count: 1 };

  beforeAll(() => {
    connection = shared().connection({ namespace: NAMESPACE });
  });

  test('a session is what was given, until it is ended', async () => {
    const sessions = sessionsOf();
    const { token, session } = await sessions.create('ada', one, { device: 'phone' });
    expect(session).toMatchObject({ userId: 'ada', data: one, device: 'phone', version: 1, lastSeenAt: session.createdAt });
    expect(await sessions.get(token)).toEqual(session);
    const updated = await sessions.update(token, ({ count }) => ({ count: count + 1 }));
    expect(updated).toMatchObject({ status: 'ok', session: { data: { count: 2 }, version: 2, device: 'phone' } });
    const other = await sessions.create('ada', one);
    expect((await sessions.list('ada')).map(({ id }) => id).sort()).toEqual([session.id, other.session.id].sort());
    expect(await sessions.destroy(token)).toMatchObject({ ended: true });
    expect(await sessions.destroy(token)).toMatchObject({ ended: false });
    expect(await sessions.get(token)).toBeUndefined();
    expect(await sessions.revoke('ada', other.session.id)).toMatchObject({ ended: true });
    expect(await sessions.list('ada')).toEqual([]);
  });

  test('any text is a user, and any JSON its data', async () => {
    const sessions = new Sessions<unknown>({ connection, name: 'odd' });
    for (const [userId, data] of [
      ['__proto__', { ['__proto__']: 1, line: '\n\u2028' }],
      ['{a} b\n', undefined],
      ['\ud800', 'x'.repeat(8190)],
    ] as const) {
      const { token } = await sessions.create(userId, data);
      const session = (await sessions.get(token)) as Session<unknown>;
      expect(session.userId).toBe(userId);
      expect(JSON.stringify(session.data)).toBe(JSON.stringify(data));
      expect(await sessions.list(userId)).toEqual([session]);
    }
    await expect(async () => sessions.create('ada', 'x'.repeat(8191))).rejects.toMatchObject({ code: 'E_UNSTORABLE_VALUE' });
    expect(await sessions.list('ada')).toEqual([]);
  });

  test("a token that isn't one, or another one's, reads nothing", async () => {
    const sessions = sessionsOf();
    const { token, session } = await sessions.create('eve', one);
    const [user] = token.split('.');
    for (const wrong of [undefined, '', 'x', session.id, `${user}.${session.id}`, `${token}x`, `${user}.${'a'.repeat(43)}`]) {
      expect(await sessions.get(wrong)).toBeUndefined();
      expect(await sessions.update(wrong, (data) => data)).toEqual({ status: 'gone' });
      expect(await sessions.rotate(wrong)).toEqual({ status: 'gone' });
      expect(await sessions.destroy(wrong)).toMatchObject({ ended: false });
    }
    expect(await sessions.revoke('eve', `${session.id}!`)).toMatchObject({ ended: false });
    expect(await sessions.get(token)).toBeDefined();
  });

  test('updates of four processes lose none of each other', async () => {
    const processes = Array.from({ length: 4 }, () =>
      sessionsOf({ connection: shared().connection({ namespace: NAMESPACE, writeBudgetMs: 10_000, budgetMs: 10_000 }) }),
    );
    const { token } = await processes[0]!.create('busy', { count: 0 });
    const add = async (sessions: Sessions<Data>): Promise<void> => {
      const { status } = await sessions.update(token, ({ count }) => ({ count: count + 1 }));
      if (status === 'conflict') return add(sessions);
      expect(status).toBe('ok');
    };
    await Promise.all(Array.from({ length: 32 }, (_, i) => add(processes[i % 4]!)));
    expect(await processes[1]!.get(token)).toMatchObject({ data: { count: 32 }, version: 33 });
  });

  test("doesn't bring a session back that was ended between a request's read and its write", async () => {
    const sessions = sessionsOf();
    const { token } = await sessions.create('late', one);
    const late = await sessions.update(token, async (data) => {
      await sessions.destroy(token);
      return data;
    });
    expect(late).toEqual({ status: 'gone' });
    expect(await sessions.get(token)).toBeUndefined();
    expect(await connection.client().then((client) => client.exists(keyOf('web', 'late')))).toBe(0);
  });

  test('a rotation ends the old secret, and keeps the session', async () => {
    const sessions = sessionsOf();
    const { token, session } = await sessions.create('rot', one, { device: 'laptop' });
    const rotated = await sessions.rotate(token, () => ({ count: 5 }));
    if (rotated.status !== 'ok') throw new Error(rotated.status);
    expect(rotated.session).toMatchObject({ data: { count: 5 }, device: 'laptop', createdAt: session.createdAt });
    expect(rotated.session.id).not.toBe(session.id);
    expect(await sessions.get(token)).toBeUndefined();
    expect(await sessions.get(rotated.token)).toEqual(rotated.session);
    expect(await sessions.rotate(token)).toEqual({ status: 'gone' });
    expect(await sessions.list('rot')).toHaveLength(1);
  });

  test('to revoke all leaves nothing that was begun before, and what is excepted', async () => {
    const sessions = sessionsOf({ maxPerUser: 100 });
    const begun: string[] = [];
    const create = async () => begun.push((await sessions.create('many', one)).token);
    await create();
    const racing = Array.from({ length: 20 }, create);
    await Promise.race(racing);
    const before = [...begun];
    const { ended } = await sessions.revokeAll('many');
    expect(ended).toBeGreaterThanOrEqual(before.length);
    await Promise.all(racing);
    for (const token of before) expect(await sessions.get(token)).toBeUndefined();
    const mine = await sessions.create('many', one);
    await sessions.revokeAll('many', { except: mine.session.id });
    expect(await sessions.list('many')).toEqual([mine.session]);
  });

  test('one more than a user may have ends the one that was used longest ago', async () => {
    const sessions = sessionsOf({ maxPerUser: 2, touchEverySeconds: 0 });
    const [first, second] = [await sessions.create('two', one), await sessions.create('two', one)];
    await waitFor('another millisecond', async () => (await sessions.get(first.token))!.lastSeenAt > second.session.lastSeenAt);
    const third = await sessions.create('two', one);
    expect((await sessions.list('two')).map(({ id }) => id).sort()).toEqual([first.session.id, third.session.id].sort());
    expect(await sessions.get(second.token)).toBeUndefined();
  });

  test('a session ends when it was idle for too long, and when it is too old, however it is used', async () => {
    const short = { idleTimeoutSeconds: 1, touchEverySeconds: 0 };
    const idle = sessionsOf({ ...short, name: 'idle' });
    const old = sessionsOf({ ...short, name: 'old', absoluteTimeoutSeconds: 1 });
    const used = await idle.create('ada', one);
    const unused = await idle.create('ada', one);
    const aged = await old.create('ada', one);
    await waitFor('the end of the old one', async () => {
      expect(await idle.get(used.token)).toBeDefined();
      return !(await old.get(aged.token));
    });
    expect(await old.list('ada')).toEqual([]);
    await waitFor('the end of the unused one', async () => (await idle.get(used.token)) && (await idle.list('ada')).length === 1);
    expect(await idle.get(unused.token)).toBeUndefined();
    expect(await idle.update(unused.token, (data) => data)).toEqual({ status: 'gone' });
  });

  test("doesn't take a clock's word for it that a session has ended", async () => {
    let ahead = 0;
    const clock = { now: () => Date.now() + ahead, sleep: async () => {} };
    const sessions = sessionsOf({ connection: shared().connection({ namespace: NAMESPACE, clock }) });
    const { token } = await sessions.create('skewed', one);
    ahead = 3_600_000;
    expect(await sessions.get(token)).toBeDefined();
  });

  test("doesn't store what one can sign in with, nor look for anything with SCAN", async () => {
    const sessions = sessionsOf({ name: 'dump' });
    const tokens = await Promise.all(Array.from({ length: 5 }, async (_, i) => (await sessions.create(`u${i}`, one)).token));
    const dump = await shared().asAdministrators(async (masters) => {
      const parts: string[] = [];
      for (const { redis } of masters) {
        for (const key of await redis.keys(`${NAMESPACE}:se:dump:*`)) parts.push(key, JSON.stringify(await redis.hgetall(key)));
      }
      return parts.join('\n');
    });
    expect(dump.length).toBeGreaterThan(500);
    for (const token of tokens) expect(dump).not.toContain(token.split('.')[1]);
    for (const id of dump.match(/[\w-]{43}/g) ?? []) {
      for (const token of tokens) expect(await sessions.get(`${token.split('.')[0]}.${id}`)).toBeUndefined();
    }
  });

  test('the code of the page signs in and out', async () => {
    const { cookie, me, out } = await signIn(connection, 'ada');
    expect(cookie).toMatch(/^__Host-session=.+; HttpOnly; Secure; SameSite=Lax; Path=\/; Max-Age=86400$/);
    expect(me).toBe('ada');
    expect(out).toBeUndefined();
  });

  test('every key ends by itself', async () => {
    expect(await shared().keysWithoutTtl(NAMESPACE)).toEqual([]);
  });
}
