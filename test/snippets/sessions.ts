import { endedSessionCookie, Sessions, sessionCookie, sessionTokenOf } from 'cachement/patterns/sessions';
import type { RedisConnection } from 'cachement/runtime';

interface Data {
  readonly roles: readonly string[];
}

/** Code of docs/patterns/sessions.md. */
export async function signIn(connection: RedisConnection, userId: string) {
  const sessions = new Sessions<Data>({
    connection,
    name: 'site',
    idleTimeoutSeconds: 900,
    absoluteTimeoutSeconds: 86_400,
    touchEverySeconds: 60,
    maxPerUser: 20,
  });

  // After the password was right:
  const { token, session } = await sessions.create(userId, { roles: ['buyer'] }, { device: 'Firefox on Linux' });
  const headers = { 'Set-Cookie': sessionCookie(token, { maxAgeSeconds: 86_400 }) };

  // Each request:
  const cookies = headers['Set-Cookie'].split('; ')[0]; // a browser sends it in its header `Cookie`
  const current = await sessions.get(sessionTokenOf(cookies)); // undefined: 401

  // A change of what it has, by compare-and-set; and of rights, with a new secret.
  const updated = await sessions.update(token, (data) => ({ roles: [...data.roles, 'seller'] }));
  if (updated.status === 'conflict') throw new Error('others kept on changing it');
  const rotated = await sessions.rotate(token, () => ({ roles: ['admin'] }));
  const cookieNow = rotated.status === 'ok' ? sessionCookie(rotated.token, { maxAgeSeconds: 86_400 }) : endedSessionCookie();

  // "Where you're signed in", and an end of the others, or of all.
  const mine = await sessions.list(userId); // id, device, createdAt, lastSeenAt
  await sessions.revoke(userId, session.id);
  const { replicated } = await sessions.revokeAll(userId, { except: mine[0]?.id ?? '' });
  if (!replicated) console.warn('a failover could bring a session back');
  await sessions.revokeAll(userId);

  return { cookie: cookieNow, me: current?.userId, out: await sessions.get(sessionTokenOf(cookieNow)) };
}
