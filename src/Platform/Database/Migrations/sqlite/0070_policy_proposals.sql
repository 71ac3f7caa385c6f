-- older may run
-- What one operator proposes about a rule; another puts it in force.
CREATE TABLE policy_proposal (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  code text NOT NULL,
  effective_from text NOT NULL,
  effective_to text,
  value text NOT NULL,
  source text NOT NULL,
  note text,
  basis text NOT NULL,
  proposed_kind text NOT NULL,
  proposed_by text NOT NULL,
  proposed_at integer NOT NULL,
  expires_at integer NOT NULL,
  state text NOT NULL CHECK (state IN ('OPEN', 'CONFIRMED', 'REJECTED')),
  decided_kind text,
  decided_by text,
  decided_at integer,
  published integer,
  CHECK (effective_to > effective_from),
  CHECK ((state = 'OPEN') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (decided_kind IS NULL)),
  CHECK ((state = 'CONFIRMED') = (published IS NOT NULL)),
  CHECK (state <> 'CONFIRMED' OR decided_kind <> proposed_kind OR decided_by <> proposed_by)
) STRICT;
CREATE INDEX policy_proposal_open ON policy_proposal (proposed_at) WHERE state = 'OPEN';
