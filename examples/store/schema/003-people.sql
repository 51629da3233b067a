-- Reviews, of which a page shows the latest ones and how many there are of each number of stars.
CREATE TABLE reviews (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  product_id integer NOT NULL REFERENCES products,
  stars      smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
  text       text NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX reviews_by_product ON reviews (product_id, written_at DESC);

-- Customers. A password is kept as scrypt of itself with a salt.
CREATE TABLE users (
  id       integer PRIMARY KEY,
  email    text NOT NULL UNIQUE,
  name     text NOT NULL,
  salt     text NOT NULL,
  password text NOT NULL
);

-- Data to begin with: some reviews, and twenty customers, whose password is `lamp and chair`.
INSERT INTO reviews (product_id, stars, text, written_at)
SELECT 1 + n % 306, 1 + (n * 7) % 5, 'Review no. ' || n, now() - n * interval '1 hour' FROM generate_series(1, 1000) AS n;
INSERT INTO users (id, email, name, salt, password)
SELECT n, 'user-' || n || '@example.com', 'User ' || n, 'store', 'f4415235eebe8aac257dbfe6135e8eb7280d7e19eede5fab2b48288184820a50'
FROM generate_series(1, 20) AS n;
