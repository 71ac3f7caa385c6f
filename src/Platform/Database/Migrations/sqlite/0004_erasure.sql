-- Tombstones of destroyed data keys: all that excuses a row which can no longer be opened.
CREATE TABLE erasure (
  person_id text NOT NULL,
  class text NOT NULL,
  act_id text NOT NULL,
  at integer NOT NULL,
  key_mark blob,
  PRIMARY KEY (person_id, class, act_id)
) STRICT, WITHOUT ROWID;
