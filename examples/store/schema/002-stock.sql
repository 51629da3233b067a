-- What is sold: `stock` is the truth, and each sale has the id of its hold. A change of a row of `stock` adds 1 to its version.
CREATE TABLE stock (
  sku     text PRIMARY KEY,
  on_hand integer NOT NULL CHECK (on_hand >= 0),
  version bigint NOT NULL DEFAULT 1
);
CREATE TABLE sale (
  hold_id       text PRIMARY KEY,
  sku           text NOT NULL REFERENCES stock,
  quantity      integer NOT NULL CHECK (quantity > 0),
  stock_version bigint,
  sold_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sale_by_time ON sale (sold_at);

-- Names that are searched by their beginning.
CREATE INDEX products_by_name ON products (lower(name) text_pattern_ops, id);

-- Data to begin with: 300 more products, 100 pieces of each, and what was bought of late.
INSERT INTO products (id, name, category, price_cents)
SELECT n, initcap(kind) || ' no. ' || n, kind || 's', 500 + (n * 7919) % 30000
FROM generate_series(7, 306) AS n, LATERAL (SELECT (ARRAY['lamp', 'chair', 'table', 'vase', 'mirror', 'rug'])[1 + n % 6] AS kind) AS kinds;
INSERT INTO stock (sku, on_hand) SELECT id::text, 100 FROM products;
INSERT INTO sale (hold_id, sku, quantity, stock_version, sold_at)
SELECT 'seed-' || n, (1 + (n * n) % 306)::text, 1, 1, now() - n * interval '1 second'
FROM generate_series(1, 2000) AS n;
