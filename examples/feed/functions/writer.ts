import {
  cacheFromEnvironment,
  createRouter,
  databaseFromEnvironment,
  type Handler,
  Problem,
  requestPurge,
  uncached,
  writerFromEnvironment,
} from 'cachement/functions';
import { routeTags } from 'cachement/route';
import { doChange, type KeptChange, keepChange, kick } from '../changes';
import { feedsOf, PULLED_FROM } from '../feeds';
import { idOf, textOf } from '../people';
import { follow, post, posts } from '../routes';

const database = databaseFromEnvironment({ primaryOnly: true });
const cache = cacheFromEnvironment(database);
const writer = writerFromEnvironment({ database, cache });
const feeds = feedsOf(cache, database);

const FOREIGN_KEY_VIOLATION = '23503';

/** Does what is short at once, so that whoever asked sees it; the rest is the fan-out's, as is what can't be done now. */
async function afterCommit(change: KeptChange, isShort: boolean): Promise<void> {
  try {
    if (isShort) {
      await doChange(feeds, change);
      await database.writer.query('DELETE FROM feed_changes WHERE id = $1', [change.id]);
      return;
    }
    if (change.kind === 'post') await feeds.latest.delete(change.person);
  } catch (error) {
    console.warn('left to the fan-out', error);
  }
  await kick();
}

const postPost: Handler = async ({ json }) => {
  const { author, ...body } = json();
  const [person, text] = [idOf(String(author), 'author'), textOf(body)];
  const { created, change } = await writer.transaction(async (client) => {
    const { rows } = await client.query<{ id: string; at: number; pulled: boolean }>(
      `INSERT INTO posts (author, text) SELECT id, $2 FROM people WHERE id = $1
      RETURNING id::text, at::float8, (SELECT pulled FROM people WHERE id = $1)`,
      [person, text],
    );
    if (!rows[0]) throw new Problem(404, `there is no person ${person}`);
    const { id, at } = rows[0];
    return { created: rows[0], change: await keepChange(client, { kind: 'post', person, post: id, at }) };
  });
  await afterCommit(change, created.pulled);
  return uncached(201, { id: created.id, author: Number(person), text, at: created.at });
};

/** A change of a post is one of its entries, in every tier; feeds have its id. */
const changePost =
  (sql: string, status: number): Handler =>
  async ({ parameters, json, method }) => {
    const id = idOf(parameters.id);
    const text = method === 'PUT' ? [textOf(json())] : [];
    const changed = await writer.transaction(async (client) => {
      const { rows } = await client.query<{ id: string; text: string }>(sql, [id, ...text]);
      if (!rows[0]) throw new Problem(404, `there is no post ${id}`);
      return { ...rows[0], purgeId: await requestPurge(client, routeTags(post, { id })) };
    });
    return uncached(status, changed);
  };

const putFollow: Handler = async ({ parameters }) => {
  const [person, author] = [idOf(parameters.id), idOf(parameters.author, 'author')];
  if (person === author) throw new Problem(400, 'nobody follows themselves');
  const add = 'INSERT INTO follows (follower, author) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING author';
  return changeFollow(person, author, add, 1);
};

const deleteFollow: Handler = async ({ parameters }) => {
  const [person, author] = [idOf(parameters.id), idOf(parameters.author, 'author')];
  return changeFollow(person, author, 'DELETE FROM follows WHERE follower = $1 AND author = $2 RETURNING author', -1);
};

async function changeFollow(person: string, author: string, sql: string, by: 1 | -1) {
  const changes = await writer
    .transaction(async (client) => {
      const { rowCount } = await client.query(sql, [person, author]);
      if (rowCount === 0) return [];
      const { rows } = await client.query<{ began: boolean }>(
        `UPDATE people SET followers = followers + $2, pulled = pulled OR followers + $2 >= $3 WHERE id = $1
        RETURNING pulled AND followers = $3 AND $2 > 0 AS began`,
        [author, by, PULLED_FROM],
      );
      const own = [await keepChange(client, { kind: 'forget', person })];
      // Whoever is pulled from now on is a mark in the feeds that are loaded, and in no other.
      return rows[0]?.began ? [...own, await keepChange(client, { kind: 'forget-followers', person: author })] : own;
    })
    .catch((error: { code?: string }) => {
      throw error.code === FOREIGN_KEY_VIOLATION ? new Problem(404, `there is no person ${person}, or no ${author}`) : error;
    });
  for (const change of changes) await afterCommit(change, change.kind === 'forget');
  return uncached(200, { person: Number(person), author: Number(author), follows: by > 0 });
}

export const handler = createRouter([
  { route: posts, POST: postPost },
  {
    route: post,
    PUT: changePost('UPDATE posts SET text = $2 WHERE id = $1 RETURNING id::text, text', 200),
    DELETE: changePost('DELETE FROM posts WHERE id = $1 RETURNING id::text, text', 200),
  },
  { route: follow, PUT: putFollow, DELETE: deleteFollow },
]);
