-- Applied once, when the stack is deployed. Don't change a file that was applied anywhere: add another, 002-....sql.
CREATE TABLE people (
  id        integer PRIMARY KEY,
  name      text NOT NULL,
  followers integer NOT NULL DEFAULT 0,
  -- So many followers that posts are pulled by readers rather than pushed to feeds. For good, also if some of them leave.
  pulled    boolean NOT NULL DEFAULT false
);
CREATE TABLE follows (
  follower integer NOT NULL REFERENCES people,
  author   integer NOT NULL REFERENCES people,
  PRIMARY KEY (follower, author)
);
CREATE UNIQUE INDEX follows_by_author ON follows (author, follower);

CREATE TABLE posts (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  author integer NOT NULL REFERENCES people,
  text   text NOT NULL,
  -- Epoch milliseconds. Of one time, feeds are in the order of ids by their bytes.
  at     bigint NOT NULL DEFAULT extract(epoch FROM clock_timestamp()) * 1000
);
CREATE INDEX posts_by_author ON posts (author, at DESC, (id::text) COLLATE "C" DESC);

-- What is still to be done to feeds, committed with its reason. Whoever has done it deletes the row.
CREATE TABLE feed_changes (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind     text NOT NULL CHECK (kind IN ('post', 'forget', 'forget-followers')),
  person   integer NOT NULL,
  post     bigint,
  at       bigint,
  -- Follower behind whom to go on.
  after    text,
  attempts integer NOT NULL DEFAULT 0,
  due_at   timestamptz NOT NULL DEFAULT now()
);

-- Data to begin with: 300 people, who follow about 20 others each, those with small ids more often; three whom most follow; 1200 posts.
INSERT INTO people (id, name, pulled)
SELECT n, (ARRAY['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Frances', 'Ken', 'Radia', 'Tim'])[1 + n % 10] || ' ' ||
  (ARRAY['Adler', 'Berg', 'Costa', 'Diaz', 'Endo', 'Fabre', 'Garcia', 'Haas', 'Ito', 'Jansen', 'Kaya'])[1 + n % 11] || ' ' || n, n <= 3
FROM generate_series(1, 300) AS n;
INSERT INTO follows (follower, author)
SELECT DISTINCT follower, author FROM generate_series(1, 300) AS follower, generate_series(1, 24) AS k,
  LATERAL (SELECT CASE WHEN k <= 3 THEN k ELSE 1 + ((follower * 7919 + k * k * 104729) % 300) * ((follower * 31 + k * 17) % 300) / 300 END AS author) AS chosen
WHERE follower <> author AND (k > 3 OR follower % 10 < 9);
UPDATE people SET followers = (SELECT count(*) FROM follows WHERE author = id);
INSERT INTO posts (author, text, at)
SELECT 1 + n * 7 % 300, (ARRAY['Read', 'Wrote', 'Fixed', 'Measured', 'Deleted'])[1 + n % 5] || ' ' ||
  (ARRAY['a proof', 'a compiler', 'a cache', 'a bridge', 'a letter', 'a test', 'a sonnet'])[1 + n % 7] || ' today.',
  extract(epoch FROM now())::bigint * 1000 - (1200 - n) * 60000
FROM generate_series(1, 1200) AS n;
