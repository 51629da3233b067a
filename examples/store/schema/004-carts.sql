-- Carts, as `CART_TABLE` of `cachement/patterns/carts` has them. Those that nobody changed for a while may be deleted.
CREATE TABLE cart (
  id         text PRIMARY KEY,
  version    bigint NOT NULL,
  cart       jsonb NOT NULL,
  notes      jsonb NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON cart (changed_at);
