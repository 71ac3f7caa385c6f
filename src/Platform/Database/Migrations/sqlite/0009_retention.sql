-- older may run
-- Data that has been kept long enough is erased: how far the look at all persons is.
CREATE TABLE retention_cycle (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  cycle integer NOT NULL,
  day text NOT NULL,
  after_person text NOT NULL,
  state text NOT NULL CHECK (state IN ('RUNNING', 'DONE')),
  persons integer NOT NULL,
  erased integer NOT NULL,
  held integer NOT NULL,
  started_at integer NOT NULL,
  changed_at integer NOT NULL
) STRICT;
