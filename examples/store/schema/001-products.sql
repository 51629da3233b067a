-- Applied once, when the stack is deployed. Don't change a file that was applied anywhere: add another, 002-....sql.
CREATE TABLE products (
  id          integer PRIMARY KEY,
  name        text NOT NULL,
  category    text NOT NULL,
  price_cents integer NOT NULL CHECK (price_cents >= 0)
);
CREATE INDEX products_by_category ON products (category, name);

INSERT INTO products (id, name, category, price_cents) VALUES
  (1, 'Desk lamp', 'lamps', 3900),
  (2, 'Floor lamp', 'lamps', 11900),
  (3, 'Paper lantern', 'lamps', 1500),
  (4, 'Armchair', 'chairs', 24900),
  (5, 'Stool', 'chairs', 5900),
  (6, 'Bookcase', 'shelves', 17900);
