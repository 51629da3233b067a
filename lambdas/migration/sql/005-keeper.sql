-- The functions of the purge path have a role of their own, the keeper of the ledger. Writers, whose role they shared, keep what they may
-- until no release that is still running needs it: 006-writers.sql takes it away.
GRANT USAGE ON SCHEMA cachement TO cachement_keeper;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA cachement TO cachement_keeper;
-- Which migrations ran is nobody else's to change.
REVOKE INSERT, UPDATE, DELETE ON cachement.migration FROM cachement_keeper;
