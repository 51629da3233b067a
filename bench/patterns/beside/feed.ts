import { type FeedItem, Feeds } from 'cachement/patterns/feeds';
import { type DatabaseSubject, each } from './subject';

const PEOPLE = 10_000;
/** Authors that each follows, those of small numbers more often. */
const FOLLOWED = 60;
/** Posts of each author. */
const POSTS = 50;
const READERS = 1000;
const KEPT = 1000;
const PAGE = 20;

/** The latest posts of each followed author by an index alone, and the latest of those: no statement reads fewer rows. */
const FEED = `SELECT p.id, p.at FROM follow CROSS JOIN LATERAL (
    SELECT id, at FROM post WHERE post.author = follow.author ORDER BY at DESC, id DESC LIMIT $2::integer
  ) p WHERE follower = $1 ORDER BY p.at DESC, p.id DESC LIMIT $2::integer`;

/** Pages of feeds, beside the query for the same page. */
export const feed: DatabaseSubject = {
  statement: 'latest 20 of 60 followed authors, each by the index (author, at DESC, id DESC)',
  async prepare({ owner }) {
    await owner.query(`CREATE TABLE follow (follower integer, author integer, PRIMARY KEY (follower, author));
      CREATE TABLE post (id text COLLATE "C" PRIMARY KEY, author integer NOT NULL, at bigint NOT NULL);
      INSERT INTO follow SELECT DISTINCT f, 1 + floor(${PEOPLE} * ((hashint4(f * 100 + k)::bigint & 65535) / 65536.0) ^ 2)::integer
        FROM generate_series(1, ${PEOPLE}) f, generate_series(1, ${FOLLOWED + 1}) k;
      INSERT INTO post SELECT 'post-' || lpad((author * 100 + n)::text, 8, '0'), author, 1760000000000 + (hashint4(author * 100 + n)::bigint & 268435455)
        FROM generate_series(1, ${PEOPLE}) author, generate_series(1, ${POSTS}) n;
      CREATE INDEX ON post (author, at DESC, id DESC)`);
    // An index alone answers only for pages that are known to be visible to everybody.
    for (const table of ['follow', 'post']) await owner.query(`VACUUM ANALYZE ${table}`);
  },
  async open({ connection, pool }) {
    const query = async (userId: string, limit: number): Promise<FeedItem[]> => {
      const { rows } = await pool.query({ name: `feed-${limit}`, text: FEED, values: [Number(userId), limit] });
      return rows.map(({ id, at }) => ({ id, at: Number(at) }));
    };
    const feeds = new Feeds({
      connection,
      name: 'home',
      maxItems: KEPT,
      rebuild: async (userId, { limit }) => ({ items: await query(userId, limit) }),
      followers: async () => [],
    });
    const readers = Array.from({ length: READERS }, (_, i) => `${1 + i * (PEOPLE / READERS)}`);
    const reader = (n: number) => readers[n % READERS]!;
    const page = async (userId: string) => (await feeds.read(userId, { limit: PAGE })).items;
    await each(readers, 4, async (userId) => {
      await page(userId);
      const [ours, theirs] = [await page(userId), await query(userId, PAGE)];
      if (theirs.length !== PAGE || JSON.stringify(ours) !== JSON.stringify(theirs)) {
        throw new Error(`the feed of ${userId} is ${JSON.stringify(ours)}, by SQL ${JSON.stringify(theirs)}`);
      }
    });
    return { ours: (n) => page(reader(n)), sql: (n) => query(reader(n), PAGE) };
  },
};
