import { setTimeout as sleep } from 'node:timers/promises';
import { type FeedItem, Feeds } from 'cachement/patterns/feeds';
import type { GameContext, MakeGame } from '../game';
import { monotonic } from '../journal';

const USERS = 12;
/** Posts that a feed keeps, and that the judge compares. */
const MAX_ITEMS = 100;
/** Longest time of a load after it has read. */
const MOST_LOAD_MS = 100;
const name = (n: number) => `user-${Math.floor(n)}`;

/** Posts, follows, and readers; what is cut short is done again at the end, as a queue would. */
export const feeds: MakeGame = (context) => {
  const { connection, pool, random, process, without, note } = context;
  const home = new Feeds({
    connection,
    name: 'home',
    maxItems: MAX_ITEMS,
    keepSeconds: 600,
    fenced: without !== 'fence',
    rebuild: async (user, { limit, before }) => {
      const items = await itemsOf(context, user, limit, before);
      // As long as from a large table, so that others post meanwhile.
      await sleep(random.between(0, MOST_LOAD_MS));
      return { items };
    },
    followers: async (author, { after = '', limit }) => {
      const { rows } = await pool.query<{ follower: string }>(
        'SELECT follower FROM follow WHERE author = $1 AND follower > $2 COLLATE "C" ORDER BY follower COLLATE "C" LIMIT $3',
        [author, after, limit],
      );
      return rows.map(({ follower }) => follower);
    },
  });
  const publish = async (postId: string, authorId: string, at: number) => {
    const { replicated } = await home.publish({ postId, authorId, at });
    if (replicated) await pool.query('UPDATE post SET pushed = true WHERE id = $1', [postId]);
  };
  let last = 0;
  return {
    async turn() {
      const began = monotonic();
      const user = name(random.between(0, USERS));
      if (random.chance(0.1)) {
        const id = `${process}-${++last}`;
        const { rows } = await pool.query<{ at: string }>(
          'INSERT INTO post (id, author, at) VALUES ($1, $2, floor(extract(epoch FROM clock_timestamp()) * 1000)) RETURNING at',
          [id, user],
        );
        await publish(id, user, Number(rows[0]?.at));
        note('posted', began, { id });
      } else if (random.chance(0.02)) {
        const author = name(random.between(0, USERS));
        await pool.query(
          `WITH gone AS (DELETE FROM follow WHERE follower = $1 AND author = $2 RETURNING 1)
           INSERT INTO follow SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM gone) ON CONFLICT DO NOTHING`,
          [user, author],
        );
        await forgetUntilDone(home, user);
        note('followed', began, { user, author });
      } else if (random.chance(0.03)) {
        // A feed that nobody has asked for in a while is gone, and is loaded when somebody does.
        await home.forget(user);
      } else await home.read(user, { limit: 20 });
    },
    async finish() {
      const { rows } = await pool.query<{ id: string; author: string; at: string }>(
        'SELECT id, author, at FROM post WHERE NOT pushed',
      );
      for (const { id, author, at } of rows) await home.publish({ postId: id, authorId: author, at: Number(at) });
      for (let n = 0; n < USERS; n++) {
        const began = monotonic();
        const user = name(n);
        const ids: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await home.read(user, { limit: 20, cursor });
          ids.push(...page.items.map(({ id }) => id));
          cursor = page.cursor;
        } while (cursor !== undefined && ids.length < MAX_ITEMS);
        note('feed', began, { user, ids: ids.slice(0, MAX_ITEMS) });
      }
    },
  };
};

/** A change of whom somebody follows is only done once the feed is gone; a queue would go on when this process is killed. */
async function forgetUntilDone(home: Feeds, user: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const { replicated } = await home.forget(user).catch(() => ({ replicated: false }));
    if (replicated) return;
  }
}

async function itemsOf({ pool }: GameContext, user: string, limit: number, before: FeedItem | undefined): Promise<FeedItem[]> {
  const { rows } = await pool.query<{ id: string; at: string }>(
    `SELECT id, at FROM post JOIN follow USING (author) WHERE follower = $1
       AND ($3::bigint IS NULL OR (at, id COLLATE "C") < ($3, $4 COLLATE "C"))
     ORDER BY at DESC, id COLLATE "C" DESC LIMIT $2`,
    [user, limit, before?.at ?? null, before?.id ?? null],
  );
  return rows.map(({ id, at }) => ({ id, at: Number(at) }));
}
