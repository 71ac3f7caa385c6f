-- older may run
-- Those outside who co-sign the journal's checkpoints.
CREATE TABLE journal_witness (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  name text NOT NULL,
  size integer NOT NULL,
  cosigned_at integer,
  remark text
) STRICT;

CREATE TABLE journal_witnessed (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  size integer NOT NULL,
  note text NOT NULL
) STRICT;
