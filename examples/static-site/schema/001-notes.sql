-- Applied once, when the stack is deployed. Don't change a file that was applied anywhere: add another, 002-....sql.
CREATE TABLE notes (
  city_id integer PRIMARY KEY,
  text     text NOT NULL CHECK (length(text) <= 200)
);
