-- older may run
-- Facts that a case went on with although their agency did not answer, until they were asked for again.
CREATE TABLE case_degraded (
  case_id uuid NOT NULL,
  fact text NOT NULL,
  used_at bigint NOT NULL,
  source text NOT NULL,
  as_of bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('unchecked', 'confirmed', 'differs', 'closed')),
  checked_at bigint,
  PRIMARY KEY (case_id, fact, used_at)
);
