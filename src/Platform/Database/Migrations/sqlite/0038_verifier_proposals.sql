-- What one operator proposes about who may check IDs by program; another confirms it.
CREATE TABLE verifier_proposal (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  verifier_id text NOT NULL,
  kind text CHECK (kind IN ('BANK', 'AIRLINE', 'POLICE', 'EMPLOYER')),
  name_ar text,
  name_en text,
  grants text,
  per_minute integer CHECK (per_minute > 0),
  per_day integer CHECK (per_day > 0),
  keys text NOT NULL,
  proposed_kind text NOT NULL,
  proposed_by text NOT NULL,
  proposed_at integer NOT NULL,
  expires_at integer NOT NULL,
  state text NOT NULL CHECK (state IN ('OPEN', 'CONFIRMED', 'REJECTED')),
  decided_kind text,
  decided_by text,
  decided_at integer,
  CHECK ((state = 'OPEN') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL) AND (decided_by IS NULL) = (decided_kind IS NULL)),
  CHECK (state <> 'CONFIRMED' OR decided_kind <> proposed_kind OR decided_by <> proposed_by),
  CHECK ((kind IS NULL) = (name_ar IS NULL) AND (kind IS NULL) = (name_en IS NULL) AND (kind IS NULL) = (grants IS NULL) AND (kind IS NULL) = (per_minute IS NULL) AND (kind IS NULL) = (per_day IS NULL))
) STRICT;
CREATE INDEX verifier_proposal_open ON verifier_proposal (proposed_at) WHERE state = 'OPEN';
