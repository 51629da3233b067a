-- The sample's own table; it belongs to the API and not to the caching platform.
CREATE TABLE IF NOT EXISTS places (
  id           integer PRIMARY KEY,
  name         text NOT NULL,
  country      text NOT NULL,
  population   integer NOT NULL,
  latitude     double precision NOT NULL,
  longitude    double precision NOT NULL,
  feature_code text NOT NULL,
  admin_code   text NOT NULL
);
CREATE INDEX IF NOT EXISTS places_by_country ON places (country, population DESC, id);
-- For `/places/search` and `/places/nearby`.
CREATE INDEX IF NOT EXISTS places_by_name ON places (lower(name) text_pattern_ops);
CREATE INDEX IF NOT EXISTS places_by_latitude ON places (latitude, longitude);
GRANT SELECT ON places TO cachement_reader;
GRANT SELECT, UPDATE ON places TO cachement_writer;
