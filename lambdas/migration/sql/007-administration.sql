-- The audit of administration: who purged what by hand, and the dry runs by which patterns are purged. Only the purge path's role writes it.
CREATE TABLE cachement.cache_purge (
  cache_purge_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  requested_by   text NOT NULL,
  requested_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- What was asked for: tags, everything, or a pattern of entries' names.
  tags           text[],
  pattern        text,
  mode           text NOT NULL CHECK (mode IN ('delete', 'expire')),
  -- Names of the entries that a pattern was of.
  entries        text[] NOT NULL DEFAULT '{}',
  executed_by    text,
  -- Null for a dry run that nothing followed.
  executed_at    timestamptz,
  -- Purges that it became, in the outbox and the ledger.
  purge_ids      uuid[] NOT NULL DEFAULT '{}'
);
CREATE INDEX cache_purge_by_time ON cachement.cache_purge (requested_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON cachement.cache_purge TO cachement_keeper;
GRANT SELECT ON cachement.cache_purge TO cachement_reader;
