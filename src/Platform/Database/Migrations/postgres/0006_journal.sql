-- older may run
-- The journal: its tree over the leaves, and how far it is signed.
CREATE TABLE journal_head (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  generation integer NOT NULL,
  size bigint NOT NULL,
  root bytea NOT NULL,
  checkpoint text,
  checkpoint_size bigint NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE journal_tile (
  level integer NOT NULL,
  number bigint NOT NULL,
  hashes bytea NOT NULL,
  root bytea NOT NULL,
  PRIMARY KEY (level, number)
);
ALTER TABLE journal_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
