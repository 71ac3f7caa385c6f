-- Times in which an ID does not count, and what officers propose about an ID.
CREATE TABLE document_hold (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  person_id uuid NOT NULL,
  document_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('SUSPENDED', 'FROZEN')),
  reason text NOT NULL,
  begun_at bigint NOT NULL,
  begun_by uuid NOT NULL,
  begun_proposal uuid,
  ended_at bigint,
  ended_by uuid,
  end_reason text,
  ended_proposal uuid,
  CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL) = (end_reason IS NULL)),
  CHECK ((kind = 'SUSPENDED') = (begun_proposal IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX document_hold_person ON document_hold (person_id);

CREATE TABLE document_proposal (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  person_id uuid NOT NULL,
  document_id uuid NOT NULL,
  act text NOT NULL CHECK (act IN ('SUSPEND', 'LIFT', 'REVOKE')),
  hold_id uuid,
  reason text NOT NULL,
  proposed_by uuid NOT NULL,
  proposed_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('OPEN', 'CONFIRMED', 'REJECTED', 'WITHDRAWN', 'EXPIRED')),
  decided_by uuid,
  decided_at bigint,
  decision_reason text,
  CHECK ((act = 'LIFT') = (hold_id IS NOT NULL)),
  CHECK (state IN ('OPEN', 'EXPIRED') OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
  CHECK (state NOT IN ('CONFIRMED', 'REJECTED') OR decided_by <> proposed_by)
) WITH (fillfactor = 80);
CREATE INDEX document_proposal_person ON document_proposal (person_id);
CREATE INDEX document_proposal_open ON document_proposal (proposed_at) WHERE state = 'OPEN';

CREATE TABLE document_proposal_words (
  proposal_id uuid NOT NULL PRIMARY KEY,
  words bytea NOT NULL
);
ALTER TABLE document_proposal_words ALTER COLUMN words SET STORAGE EXTERNAL;
