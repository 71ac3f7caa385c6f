-- Times in which an ID does not count, and what officers propose about an ID.
CREATE TABLE document_hold (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  person_id text NOT NULL,
  document_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('SUSPENDED', 'FROZEN')),
  reason text NOT NULL,
  begun_at integer NOT NULL,
  begun_by text NOT NULL,
  begun_proposal text,
  ended_at integer,
  ended_by text,
  end_reason text,
  ended_proposal text,
  CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (end_reason IS NULL)),
  CHECK ((kind = 'SUSPENDED') = (begun_proposal IS NOT NULL))
) STRICT;
CREATE INDEX document_hold_person ON document_hold (person_id);

CREATE TABLE document_proposal (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  person_id text NOT NULL,
  document_id text NOT NULL,
  act text NOT NULL CHECK (act IN ('SUSPEND', 'LIFT', 'REVOKE')),
  hold_id text,
  reason text NOT NULL,
  proposed_by text NOT NULL,
  proposed_at integer NOT NULL,
  expires_at integer NOT NULL,
  state text NOT NULL CHECK (state IN ('OPEN', 'CONFIRMED', 'REJECTED', 'WITHDRAWN', 'EXPIRED')),
  decided_by text,
  decided_at integer,
  decision_reason text,
  CHECK ((act = 'LIFT') = (hold_id IS NOT NULL)),
  CHECK (state IN ('OPEN', 'EXPIRED') OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
  CHECK (state NOT IN ('CONFIRMED', 'REJECTED') OR decided_by <> proposed_by)
) STRICT;
CREATE INDEX document_proposal_person ON document_proposal (person_id);
CREATE INDEX document_proposal_open ON document_proposal (proposed_at) WHERE state = 'OPEN';

CREATE TABLE document_proposal_words (
  proposal_id text NOT NULL PRIMARY KEY,
  words blob NOT NULL
) STRICT;
