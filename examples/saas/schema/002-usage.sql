-- What is billed, as USAGE_SCHEMA of cachement/patterns/usage has it.
CREATE TABLE usage_hours (
  name   text NOT NULL,
  tenant text NOT NULL,
  hour   timestamptz NOT NULL,
  meter  text NOT NULL,
  units  bigint NOT NULL CHECK (units >= 0),
  PRIMARY KEY (name, tenant, hour, meter)
);
CREATE TABLE usage_events (
  name     text NOT NULL,
  event_id text NOT NULL,
  tenant   text NOT NULL,
  meter    text NOT NULL,
  units    bigint NOT NULL CHECK (units > 0),
  at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (name, event_id)
);
CREATE INDEX usage_events_by_time ON usage_events (name, at);
