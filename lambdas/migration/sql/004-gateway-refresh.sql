-- A flush of the gateway that needs none: the requests that refresh everything its purges are for, and the version that they must have.
ALTER TABLE cachement.gateway_command
  ADD COLUMN refresh text[],
  ADD COLUMN version text COLLATE "C";
