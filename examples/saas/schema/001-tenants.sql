-- Applied once, when the stack is deployed. Don't change a file that was applied anywhere: add another, 003-....sql.
CREATE TABLE plans (
  id                text PRIMARY KEY,
  requests_per_day  integer NOT NULL CHECK (requests_per_day >= 0),
  cents_per_million integer NOT NULL CHECK (cents_per_million >= 0)
);
-- A key is `<tenant>.<secret>`; of the secret there is a hash only.
CREATE TABLE tenants (
  id       text PRIMARY KEY,
  plan     text NOT NULL REFERENCES plans,
  key_hash text NOT NULL CHECK (key_hash ~ '^[0-9a-f]{64}$'),
  settings jsonb NOT NULL DEFAULT '{}'
);
CREATE TABLE exports (
  tenant    text NOT NULL REFERENCES tenants,
  export_id text NOT NULL,
  rows      integer NOT NULL CHECK (rows > 0),
  PRIMARY KEY (tenant, export_id)
);

-- Data to begin with: 200 tenants, whose secrets anybody can guess. Leave it out in production.
INSERT INTO plans (id, requests_per_day, cents_per_million) VALUES ('free', 1000, 0), ('team', 100000, 90), ('large', 10000000, 40);
INSERT INTO tenants (id, plan, key_hash, settings)
SELECT 'tenant-' || n, (ARRAY['free', 'team', 'team', 'large'])[1 + n % 4], encode(sha256(convert_to('trial-' || n, 'UTF8')), 'hex'),
  jsonb_build_object('theme', (ARRAY['light', 'dark'])[1 + n % 2])
FROM generate_series(1, 200) AS n;
