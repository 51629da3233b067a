import type { ScenarioRun } from '../scenario';

const PEOPLE = 30_000;
/** Authors whom most follow, each; everybody follows so many others besides them. */
export const CELEBRITIES = [1, 2, 3];
const CELEBRITY_SHARE = 0.75;
const OTHERS = 58;
const POSTS_OF_EACH = 10;
/** People who have the app open: who read, and who follow and unfollow. */
const ONLINE = 2000;
const CHANGERS = 100;

/** Who is asked for what. */
export interface Cast {
  readonly readers: readonly number[];
  /** People who follow and unfollow, whose feeds nobody watches meanwhile. */
  readonly changers: readonly number[];
  /** Authors, none of them a celebrity, each with one of the readers who follow them. */
  readonly authors: readonly (readonly [author: number, follower: number])[];
  /** Celebrities, each with one of the readers who follow them. */
  readonly celebrities: readonly (readonly [author: number, follower: number])[];
  readonly people: number;
}

/**
 * Grows the example's data. Authors but for the three are followed by Zipf 0.5, so that the next one has fewer than 10,000
 * followers of 30,000 people. All by chance is by a hash of the seed.
 */
export async function growFeed({ primary, seed, scale }: ScenarioRun): Promise<void> {
  const people = PEOPLE * scale;
  const [first, last] = [CELEBRITIES[0], CELEBRITIES.at(-1)];
  const chance = (what: string, of: string) => `(hashtext('${seed} ${what} ' || ${of})::float8 / 4294967296 + 0.5)`;
  const statements = [
    // Without looking each row's people up: they are all there.
    'SET session_replication_role = replica',
    `INSERT INTO people (id, name) SELECT n, 'Person ' || n FROM generate_series((SELECT max(id) + 1 FROM people), ${people}) AS n`,
    'TRUNCATE follows, feed_changes',
    'DROP INDEX follows_by_author',
    `INSERT INTO follows (follower, author)
     SELECT follower, author FROM generate_series(1, ${people}) AS follower, generate_series(${first}, ${last}) AS author
     WHERE ${chance('celebrity', "follower || ' ' || author")} < ${CELEBRITY_SHARE} AND follower <> author`,
    `INSERT INTO follows (follower, author)
     SELECT follower, author FROM generate_series(1, ${people}) AS follower, generate_series(1, ${OTHERS}) AS k,
       LATERAL (SELECT least(${people}, ${last} + ceil((${people} - ${last}) * power(${chance('follow', "follower || ' ' || k")}, 2)))::integer AS author) AS chosen
     WHERE follower <> author AND author > ${last} ON CONFLICT DO NOTHING`,
    'CREATE UNIQUE INDEX follows_by_author ON follows (author, follower)',
    'UPDATE people SET followers = counted.followers FROM (SELECT author, count(*) AS followers FROM follows GROUP BY author) AS counted WHERE id = author',
    `INSERT INTO posts (author, text, at)
     SELECT 1 + n % ${people}, 'Post no. ' || n, (extract(epoch FROM now()) * 1000)::bigint - 1000 - (${chance('time', 'n')} * 864000000)::bigint
     FROM generate_series(1, ${people * POSTS_OF_EACH}) AS n`,
    'SET session_replication_role = origin',
    'VACUUM ANALYZE',
  ];
  for (const statement of statements) await primary.query(statement);
}

/** Picks who does what. */
export async function castOf({ primary, seed, scale }: ScenarioRun): Promise<Cast> {
  const order = (what: string) => `hashtext('${seed} ${what} ' || id)`;
  const { rows } = await primary.query<{ id: number }>(
    `SELECT id FROM people WHERE id > 3 ORDER BY ${order('online')}, id LIMIT $1`,
    [ONLINE * scale],
  );
  const online = rows.map(({ id }) => id);
  const changers = online.slice(0, CHANGERS * scale);
  const readers = online.slice(CHANGERS * scale);
  const pairs = await primary.query<{ author: number; follower: number }>(
    'SELECT author, min(follower) AS follower FROM follows WHERE follower = ANY($1) GROUP BY author ORDER BY author',
    [readers],
  );
  const authors = pairs.rows.map(({ author, follower }) => [author, follower] as const);
  const isCelebrity = ([author]: readonly [number, number]) => CELEBRITIES.includes(author);
  return {
    readers,
    changers,
    authors: authors.filter((pair) => !isCelebrity(pair)),
    celebrities: authors.filter(isCelebrity),
    people: PEOPLE * scale,
  };
}

/** Counts that the example was made for. */
export async function countsOf({ primary }: ScenarioRun) {
  const { rows } = await primary.query<{ people: number; follows: number; over20000: number; next: number }>(
    `SELECT count(*)::integer AS people, sum(followers)::integer AS follows, count(*) FILTER (WHERE followers > 20000)::integer AS over20000,
      max(followers) FILTER (WHERE NOT pulled) AS next FROM people`,
  );
  return rows[0]!;
}
