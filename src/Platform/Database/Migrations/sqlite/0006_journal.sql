-- older may run
-- The journal: its tree over the leaves, and how far it is signed.
CREATE TABLE journal_head (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  generation integer NOT NULL,
  size integer NOT NULL,
  root blob NOT NULL,
  checkpoint text,
  checkpoint_size integer NOT NULL
) STRICT;

CREATE TABLE journal_tile (
  level integer NOT NULL,
  number integer NOT NULL,
  hashes blob NOT NULL,
  root blob NOT NULL,
  PRIMARY KEY (level, number)
) STRICT;
