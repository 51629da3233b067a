-- The purge path's tables. A writer knows one of them, the outbox, and one statement, in the transaction of its change:
--
--   INSERT INTO cachement.outbox (tags) VALUES (ARRAY['place:1', 'country:de']) RETURNING purge_id

-- The alphabet of tags that is valid in every tier: lower case ASCII 33-126 without ',', '#' and '*'. A purge names at most 50 tags,
-- so that what is said about it fits into one event.
CREATE FUNCTION cachement.tags_are_valid(tags text[]) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN cardinality(tags) BETWEEN 1 AND 50
    AND NOT EXISTS (
      SELECT FROM unnest(tags) AS tag
      WHERE tag IS NULL OR length(tag) > 256 OR tag COLLATE "C" !~ '^[]!"$-)+./0-9:;<=>?@[\\^_`a-z{|}~-]+$'
    );

-- The ledger: what became of each purge.
CREATE TABLE cachement.purge (
  purge_id     uuid PRIMARY KEY,
  tags         text[] NOT NULL,
  mode         text NOT NULL CHECK (mode IN ('delete', 'expire')),
  -- Timeline and LSN, 8 and 16 hex digits, read on the primary after the commit.
  version      text NOT NULL COLLATE "C",
  committed_at timestamptz NOT NULL,
  completed_at timestamptz
);
CREATE INDEX purge_by_time ON cachement.purge (committed_at);

CREATE TABLE cachement.purge_step (
  purge_id    uuid NOT NULL REFERENCES cachement.purge ON DELETE CASCADE,
  step        text NOT NULL CHECK (step IN ('event', 'shared', 'gateway', 'edge')),
  -- When the tier took the step on; only the edge answers in two parts.
  accepted_at timestamptz,
  -- When the tier said that it is done.
  at          timestamptz,
  PRIMARY KEY (purge_id, step)
);

-- One flush of the stage cache, for the purges that the shared tier acknowledged before.
CREATE TABLE cachement.gateway_command (
  command_id      uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  -- The drain ends here.
  not_before      timestamptz NOT NULL,
  requested_at    timestamptz,
  acknowledged_at timestamptz
);

CREATE TABLE cachement.gateway_command_purge (
  command_id uuid NOT NULL REFERENCES cachement.gateway_command ON DELETE CASCADE,
  purge_id   uuid NOT NULL REFERENCES cachement.purge ON DELETE CASCADE,
  PRIMARY KEY (command_id, purge_id)
);

-- One invalidation at the edge. Its key is the CallerReference, so what is in a sealed batch never changes.
CREATE TABLE cachement.edge_batch (
  batch_id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  opened_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
  sealed_at       timestamptz,
  invalidation_id text,
  accepted_at     timestamptz,
  completed_at    timestamptz
);
-- Purges join the one batch that isn't sealed.
CREATE UNIQUE INDEX edge_batch_open ON cachement.edge_batch ((true)) WHERE sealed_at IS NULL;
CREATE INDEX edge_batch_running ON cachement.edge_batch (sealed_at) WHERE completed_at IS NULL;

CREATE TABLE cachement.edge_batch_item (
  batch_id uuid NOT NULL REFERENCES cachement.edge_batch ON DELETE CASCADE,
  item     text NOT NULL COLLATE "C",
  PRIMARY KEY (batch_id, item)
);

CREATE TABLE cachement.edge_batch_purge (
  batch_id uuid NOT NULL REFERENCES cachement.edge_batch ON DELETE CASCADE,
  purge_id uuid NOT NULL REFERENCES cachement.purge ON DELETE CASCADE,
  PRIMARY KEY (batch_id, purge_id)
);

-- What still has to be said on the bus: purges from writers, and the commands that follow from them. A row is sent, and sent again when
-- it is overdue, until what it asks for was reported; a purge's row stays until the whole purge is complete.
CREATE TABLE cachement.outbox (
  outbox_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  purge_id   uuid UNIQUE DEFAULT gen_random_uuid(),
  command_id uuid UNIQUE REFERENCES cachement.gateway_command ON DELETE CASCADE,
  batch_id   uuid UNIQUE REFERENCES cachement.edge_batch ON DELETE CASCADE,
  tags       text[],
  mode       text NOT NULL DEFAULT 'delete',
  version    text COLLATE "C",
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- When it is to be sent next; infinity where another row carries on.
  due_at     timestamptz NOT NULL DEFAULT now(),
  attempts   integer NOT NULL DEFAULT 0,
  CONSTRAINT outbox_asks_for_one_thing CHECK (num_nonnulls(purge_id, command_id, batch_id) = 1),
  CONSTRAINT outbox_tags_are_valid CHECK (CASE WHEN purge_id IS NULL THEN tags IS NULL ELSE coalesce(cachement.tags_are_valid(tags), false) END),
  CONSTRAINT outbox_mode_is_known CHECK (mode IN ('delete', 'expire'))
);
CREATE INDEX outbox_due ON cachement.outbox (due_at);

-- The newest report of each cluster, as ElastiCache describes it.
CREATE TABLE cachement.topology (
  replication_group_id text PRIMARY KEY,
  report               jsonb NOT NULL,
  reported_at          timestamptz NOT NULL
);

GRANT USAGE ON SCHEMA cachement TO cachement_reader, cachement_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA cachement TO cachement_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA cachement TO cachement_writer;
-- Which migrations ran is nobody else's to change.
REVOKE INSERT, UPDATE, DELETE ON cachement.migration FROM cachement_writer;
