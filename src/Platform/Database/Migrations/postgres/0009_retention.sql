-- older may run
-- Data that has been kept long enough is erased: how far the look at all persons is.
CREATE TABLE retention_cycle (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  cycle bigint NOT NULL,
  day text NOT NULL,
  after_person uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('RUNNING', 'DONE')),
  persons bigint NOT NULL,
  erased bigint NOT NULL,
  held bigint NOT NULL,
  started_at bigint NOT NULL,
  changed_at bigint NOT NULL
) WITH (fillfactor = 70);
