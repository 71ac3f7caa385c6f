-- A holder's objections to a suspension of the ID.
CREATE TABLE document_objection (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  person_id uuid NOT NULL,
  hold_id uuid NOT NULL,
  state text NOT NULL CHECK (state IN ('OPEN', 'UPHELD', 'GRANTED', 'CLOSED')),
  opened_at bigint NOT NULL,
  opened_by uuid NOT NULL,
  due_at bigint NOT NULL,
  evidence uuid,
  decided_at bigint,
  decided_by uuid,
  decision_reason text,
  CHECK ((state = 'OPEN') = (decided_at IS NULL) AND (state = 'OPEN') = (decided_by IS NULL)),
  CHECK ((state = 'UPHELD') = (decision_reason IS NOT NULL))
) WITH (fillfactor = 80);
CREATE INDEX document_objection_person ON document_objection (person_id);
CREATE INDEX document_objection_open ON document_objection (due_at) WHERE state = 'OPEN';

CREATE TABLE document_objection_content (
  objection_id uuid NOT NULL PRIMARY KEY,
  content bytea NOT NULL
);
ALTER TABLE document_objection_content ALTER COLUMN content SET STORAGE EXTERNAL;
