-- older may run
-- Those outside who co-sign the journal's checkpoints.
CREATE TABLE journal_witness (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  name text NOT NULL,
  size bigint NOT NULL,
  cosigned_at bigint,
  remark text
) WITH (fillfactor = 70);

CREATE TABLE journal_witnessed (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  size bigint NOT NULL,
  note text NOT NULL
) WITH (fillfactor = 10);
