import type { Judge } from '../judge';

const USERS = Array.from({ length: 12 }, (_, i) => `user-${i}`);
const MAX_ITEMS = 100;

/** Posts that a feed lacks or has twice, beside the database's own answer. */
export const feeds: Judge = {
  game: 'feeds',
  invariants: ['feedMissing', 'feedDoubled'],
  keys: (namespace) => USERS.map((user) => `${namespace}:fe:home:{${user}}`),
  async prepare({ sql, roles, database }) {
    await sql(
      roles.primary,
      `DROP TABLE IF EXISTS post, follow;
       CREATE TABLE post (id text PRIMARY KEY, author text NOT NULL, at bigint NOT NULL, pushed boolean NOT NULL DEFAULT false);
       CREATE INDEX ON post (author, at);
       CREATE TABLE follow (follower text, author text, PRIMARY KEY (follower, author));
       INSERT INTO follow SELECT 'user-' || f, 'user-' || (f + a) % 12 FROM generate_series(0, 11) f, generate_series(1, 5) a;
       GRANT ALL ON post, follow TO ${database.username}`,
    );
  },
  async judge({ notes, testbed: { sql, roles } }) {
    let feedMissing = 0;
    let feedDoubled = 0;
    for (const { data } of notes.filter(({ kind }) => kind === 'feed')) {
      const rows = await sql<{ id: string }>(
        roles.primary,
        `SELECT id FROM post JOIN follow USING (author) WHERE follower = $1 ORDER BY at DESC, id COLLATE "C" DESC LIMIT ${MAX_ITEMS}`,
        [data.user],
      );
      const there = new Set(data.ids);
      feedMissing += rows.filter(({ id }) => !there.has(id)).length;
      feedDoubled += data.ids.length - there.size;
    }
    return { feedMissing, feedDoubled };
  },
};
