-- What the statements of each role cost, on each server; the parameter group preloads the library.
CREATE EXTENSION IF NOT EXISTS pg_stat_statements;
