import { type Session, Sessions } from 'cachement/patterns/sessions';
import type { MakeGame } from '../game';
import { monotonic } from '../journal';

const USERS = 12;
/** Sessions that a process knows of, with their tokens. */
const KNOWN = 40;

interface Data {
  /** Number of updates that there were. */
  readonly count: number;
}

interface Known {
  readonly id: string;
  readonly token: string;
  readonly user: string;
}

/** Sessions whose data count their updates, and users who sign out everywhere. */
export const sessions: MakeGame = ({ connection, random, without, note }) => {
  const web = new Sessions<Data>({
    connection,
    name: 'web',
    touchEverySeconds: 1,
    maxPerUser: 200,
    absoluteTimeoutSeconds: 3600,
  });
  const known: Known[] = [];
  const forget = (gone: (each: Known) => boolean) => known.splice(0, known.length, ...known.filter((each) => !gone(each)));
  return {
    async turn() {
      const began = monotonic();
      const one = known.length > 0 ? random.pick(known) : undefined;
      if (!one || (known.length < KNOWN && random.chance(0.05))) {
        const user = `user-${Math.floor(random.between(0, USERS))}`;
        const { token, session } = await web.create(user, { count: 0 });
        note('created', began, { id: session.id, user });
        known.push({ id: session.id, token, user });
      } else if (random.chance(0.002)) {
        note('revoking', began, { user: one.user });
        const { replicated } = await web.revokeAll(one.user);
        note('revoked', began, { user: one.user, replicated });
        forget(({ user, id }) => user === one.user && id !== one.id);
      } else if (random.chance(0.5)) {
        const read = without === 'compare' ? await web.get(one.token) : undefined;
        note('updating', began, { id: one.id });
        const { status } = await web.update(one.token, ({ count }) => ({ count: (read?.data.count ?? count) + 1 }));
        if (status === 'ok') note('updated', began, { id: one.id });
        // One that others keep on changing was not changed.
        if (status === 'conflict') note('conflict', began, { id: one.id });
      } else {
        const session: Session<Data> | undefined = await web.get(one.token);
        if (session) note('read', began, { id: one.id, user: one.user, count: session.data.count });
        else forget(({ id }) => id === one.id);
      }
    },
    async finish() {
      for (let n = 0; n < USERS; n++) {
        const began = monotonic();
        for (const { id, data } of await web.list(`user-${n}`)) note('left', began, { id, count: data.count });
      }
    },
  };
};
