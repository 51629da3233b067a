-- Applied once, when the stack is deployed. Don't change a file that was applied anywhere: add another, 002-....sql.
CREATE TABLE devices (
  id        text PRIMARY KEY,
  name      text NOT NULL,
  site      text NOT NULL,
  latitude  float8 NOT NULL,
  longitude float8 NOT NULL
);
CREATE INDEX devices_by_site ON devices (site, id);

-- Hours of devices: totals, which a schedule writes.
CREATE TABLE device_hours (
  device text NOT NULL,
  metric text NOT NULL,
  at     timestamptz NOT NULL,
  sum    float8 NOT NULL,
  count  bigint NOT NULL,
  min    float8 NOT NULL,
  max    float8 NOT NULL,
  PRIMARY KEY (device, metric, at)
);

-- Data to begin with: 5,000 devices around ten cities, and a day of hours.
WITH cities (n, site, latitude, longitude) AS (VALUES
  (0, 'oslo', 59.91, 10.75), (1, 'berlin', 52.52, 13.40), (2, 'lisbon', 38.72, -9.14), (3, 'vienna', 48.21, 16.37),
  (4, 'quito', -0.18, -78.47), (5, 'nairobi', -1.29, 36.82), (6, 'osaka', 34.69, 135.50), (7, 'auckland', -36.85, 174.76),
  (8, 'boston', 42.36, -71.06), (9, 'lima', -12.05, -77.04))
INSERT INTO devices (id, name, site, latitude, longitude)
SELECT 'device-' || i, 'Meter ' || i, site,
  latitude + (hashtext('latitude' || i) % 1000) / 10000.0, longitude + (hashtext('longitude' || i) % 1000) / 10000.0
FROM generate_series(1, 5000) AS i JOIN cities ON n = i % 10;

INSERT INTO device_hours (device, metric, at, sum, count, min, max)
SELECT id, 'energy', date_trunc('hour', now()) - h * interval '1 hour', wh, 60, 0, wh / 30
FROM devices, generate_series(1, 24) AS h, LATERAL (SELECT 100 + abs(hashtext(id || h)) % 900 AS wh) AS measured;
