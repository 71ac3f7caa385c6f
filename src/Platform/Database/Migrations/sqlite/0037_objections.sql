-- A holder's objections to a suspension of the ID.
CREATE TABLE document_objection (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  person_id text NOT NULL,
  hold_id text NOT NULL,
  state text NOT NULL CHECK (state IN ('OPEN', 'UPHELD', 'GRANTED', 'CLOSED')),
  opened_at integer NOT NULL,
  opened_by text NOT NULL,
  due_at integer NOT NULL,
  evidence text,
  decided_at integer,
  decided_by text,
  decision_reason text,
  CHECK ((state = 'OPEN') = (decided_at IS NULL) AND (state = 'OPEN') = (decided_by IS NULL)),
  CHECK ((state = 'UPHELD') = (decision_reason IS NOT NULL))
) STRICT;
CREATE INDEX document_objection_person ON document_objection (person_id);
CREATE INDEX document_objection_open ON document_objection (due_at) WHERE state = 'OPEN';

CREATE TABLE document_objection_content (
  objection_id text NOT NULL PRIMARY KEY,
  content blob NOT NULL
) STRICT;
