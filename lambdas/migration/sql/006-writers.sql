-- contract: the purge path logged in as cachement_writer up to release 0.1
-- A writer asks for purges, and reads what became of them. The id and the time of a purge are the database's, so that it can't take the
-- place of another, and what the relay has to do with it isn't the writer's to say.
REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA cachement FROM cachement_writer;
GRANT INSERT (tags, paths, mode, prompt, urgent) ON cachement.outbox TO cachement_writer;
