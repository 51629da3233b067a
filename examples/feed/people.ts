import { type Handle, Problem } from 'cachement/functions';
import type { FeedItem } from 'cachement/patterns/feeds';

/** A post as the API shows it. */
export interface Post {
  readonly id: string;
  readonly author: number;
  /** Name of the author. */
  readonly name: string;
  readonly text: string;
  /** Time of the post, in epoch milliseconds. */
  readonly at: number;
}

const COLUMNS = 'posts.id::text AS id, author, name, text, at::float8 AS at';
/** The order of feeds, in which ids are compared by their bytes. */
const LATEST = 'ORDER BY at DESC, id::text COLLATE "C" DESC';

/** Loaders get a connection that reads, of a replica or the primary, and use nothing else. */
export async function loadPost(database: Handle, id: string): Promise<Post | undefined> {
  return (await loadPosts(database, [id])).get(id);
}

/** Many posts by one query, by their ids. */
export async function loadPosts(database: Handle, ids: readonly string[]): Promise<Map<string, Post>> {
  const { rows } = await database.query<Post>(
    `SELECT ${COLUMNS} FROM posts JOIN people ON people.id = author WHERE posts.id = ANY($1)`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** The latest posts of each of these people, as feeds have them. */
export async function loadLatest(database: Handle, people: readonly string[], most: number): Promise<Map<string, FeedItem[]>> {
  const { rows } = await database.query<FeedItem & { author: string }>(
    `SELECT author, latest.* FROM unnest($1::integer[]) AS author,
      LATERAL (SELECT id::text AS id, at::float8 AS at FROM posts WHERE posts.author = author.author ${LATEST} LIMIT $2) AS latest`,
    [people, most],
  );
  const found = new Map<string, FeedItem[]>(people.map((person) => [person, []]));
  for (const { author, id, at } of rows) found.get(String(author))?.push({ id, at });
  return found;
}

/** A whole feed by the tables, and those of its authors whose posts are pulled. */
export async function loadFeed(database: Handle, person: string, { limit, before }: { limit: number; before?: FeedItem }) {
  const { rows: items } = await database.query<FeedItem>(
    `SELECT latest.id, latest.at::float8 AS at FROM follows, LATERAL (
      SELECT id::text AS id, at FROM posts WHERE author = follows.author
        AND ($3::bigint IS NULL OR (at, id::text COLLATE "C") < ($3, $4)) ${LATEST} LIMIT $2
    ) AS latest WHERE follower = $1 ${LATEST} LIMIT $2`,
    [person, limit, before?.at, before?.id],
  );
  const { rows } = await database.query<{ id: string }>(
    'SELECT id::text FROM follows JOIN people ON people.id = author WHERE follower = $1 AND pulled ORDER BY people.id',
    [person],
  );
  return { items, pulled: rows.map(({ id }) => id) };
}

/** Followers of an author, some at a time. */
export async function loadFollowers(
  database: Handle,
  author: string,
  { after = '0', limit }: { after?: string; limit: number },
): Promise<string[]> {
  const { rows } = await database.query<{ follower: string }>(
    'SELECT follower::text FROM follows WHERE author = $1 AND follower > $2 ORDER BY follows.follower LIMIT $3',
    [author, after, limit],
  );
  return rows.map(({ follower }) => follower);
}

/** True for an author whose posts are pulled. */
export async function loadPulled(database: Handle, author: string): Promise<boolean> {
  const { rows } = await database.query('SELECT FROM people WHERE id = $1 AND pulled', [author]);
  return rows.length > 0;
}

/** The id of a person or a post in its one spelling: keys and tags are made of it. */
export function idOf(text = '', name = 'id'): string {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new Problem(400, `'${name}' must be a whole number from 1 on, got: '${text.slice(0, 20)}'`);
  }
  return text;
}

/** The text of a body such as `{"text": "Read a proof."}`. */
export function textOf({ text }: Record<string, unknown>): string {
  if (typeof text === 'string' && text.trim() !== '' && text.length <= 280 && !text.includes('\0')) return text;
  throw new Problem(400, "'text' must be 1 to 280 characters");
}
