-- What paces the outer tiers: flushes that purges share, batches with a window, slots in progress, a budget. All of it is here, since the
-- executor, which calls the APIs, remembers nothing.

-- A purge may name paths of the edge too, exact or with one '*' in the end; they concern the outer tiers only.
CREATE FUNCTION cachement.paths_are_valid(paths text[]) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN cardinality(paths) BETWEEN 1 AND 10
    AND NOT EXISTS (
      SELECT FROM unnest(paths) AS path
      WHERE path IS NULL OR length(path) > 1024 OR path COLLATE "C" !~ '^/[]!$%&''()+,./0-9:;=?@A-Z[_a-z~-]*[*]?$'
    );

ALTER TABLE cachement.outbox
  ADD COLUMN paths text[] NOT NULL DEFAULT '{}',
  -- Outer tiers at once, and again after the drain.
  ADD COLUMN prompt boolean NOT NULL DEFAULT false,
  -- Goes whatever the budget says.
  ADD COLUMN urgent boolean NOT NULL DEFAULT false,
  -- Set aside: sent too often without any report. Somebody has to look at it; a replay takes it up again.
  ADD COLUMN parked_at timestamptz,
  DROP CONSTRAINT outbox_tags_are_valid,
  ADD CONSTRAINT outbox_tags_are_valid CHECK (CASE WHEN purge_id IS NULL THEN tags IS NULL
    WHEN paths = '{}' THEN coalesce(cachement.tags_are_valid(tags), false)
    ELSE coalesce(tags = '{}' OR cachement.tags_are_valid(tags), false) END),
  ADD CONSTRAINT outbox_paths_are_valid CHECK (paths = '{}' OR (purge_id IS NOT NULL AND coalesce(cachement.paths_are_valid(paths), false)));

ALTER TABLE cachement.purge
  ADD COLUMN paths text[] NOT NULL DEFAULT '{}',
  ADD COLUMN prompt boolean NOT NULL DEFAULT false,
  ADD COLUMN urgent boolean NOT NULL DEFAULT false,
  -- The budget left some of its items to their TTL.
  ADD COLUMN left_to_ttl boolean NOT NULL DEFAULT false;

-- A flush takes further purges until it is closed; `not_before` is the end of the last one's drain.
ALTER TABLE cachement.gateway_command
  ADD COLUMN prompt boolean NOT NULL DEFAULT false,
  ADD COLUMN opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  ADD COLUMN closed_at timestamptz;
UPDATE cachement.gateway_command SET closed_at = opened_at;
CREATE UNIQUE INDEX gateway_command_open ON cachement.gateway_command ((true)) WHERE closed_at IS NULL AND NOT prompt;
CREATE INDEX gateway_command_to_close ON cachement.gateway_command (opened_at) WHERE closed_at IS NULL;

-- A batch is open, then sealed, then released: from its release to its completion it takes slots in progress. Wildcards have their own
-- limit, and so a lane of their own.
ALTER TABLE cachement.edge_batch
  ADD COLUMN lane text NOT NULL DEFAULT 'exact' CHECK (lane IN ('exact', 'wildcard')),
  ADD COLUMN items integer,
  ADD COLUMN wildcards integer,
  ADD COLUMN released_at timestamptz;
UPDATE cachement.edge_batch AS b SET released_at = sealed_at, wildcards = 0,
  items = (SELECT count(*) FROM cachement.edge_batch_item AS i WHERE i.batch_id = b.batch_id) WHERE sealed_at IS NOT NULL;
DROP INDEX cachement.edge_batch_open;
CREATE UNIQUE INDEX edge_batch_open ON cachement.edge_batch (lane) WHERE sealed_at IS NULL;
CREATE INDEX edge_batch_to_release ON cachement.edge_batch (sealed_at) WHERE sealed_at IS NOT NULL AND released_at IS NULL;
ALTER TABLE cachement.edge_batch_item ADD COLUMN urgent boolean NOT NULL DEFAULT false;
CREATE INDEX edge_batch_purge_by_purge ON cachement.edge_batch_purge (purge_id);
CREATE INDEX gateway_command_purge_by_purge ON cachement.gateway_command_purge (purge_id);

-- One row, which is also the lock under which batches are joined, sealed and released.
CREATE TABLE cachement.pace (
  only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- A token a call of CloudFront's API.
  tokens      double precision NOT NULL,
  refilled_at timestamptz NOT NULL,
  -- When the relay was asked to be woken next.
  wake_at     timestamptz
);
INSERT INTO cachement.pace (tokens, refilled_at) VALUES (0, 'epoch');

-- Items that were sealed, by month: what CloudFront bills.
CREATE TABLE cachement.edge_month (
  month date PRIMARY KEY,
  items integer NOT NULL
);

GRANT SELECT ON cachement.pace, cachement.edge_month TO cachement_reader, cachement_writer;
GRANT INSERT, UPDATE, DELETE ON cachement.pace, cachement.edge_month TO cachement_writer;
