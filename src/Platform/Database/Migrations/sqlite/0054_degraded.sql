-- older may run
-- Facts that a case went on with although their agency did not answer, until they were asked for again.
CREATE TABLE case_degraded (
  case_id text NOT NULL,
  fact text NOT NULL,
  used_at integer NOT NULL,
  source text NOT NULL,
  as_of integer NOT NULL,
  state text NOT NULL CHECK (state IN ('unchecked', 'confirmed', 'differs', 'closed')),
  checked_at integer,
  PRIMARY KEY (case_id, fact, used_at)
) STRICT, WITHOUT ROWID;
