-- Tombstones of destroyed data keys: all that excuses a row which can no longer be opened.
CREATE TABLE erasure (
  person_id uuid NOT NULL,
  class text NOT NULL,
  act_id uuid NOT NULL,
  at bigint NOT NULL,
  key_mark bytea,
  PRIMARY KEY (person_id, class, act_id)
);
