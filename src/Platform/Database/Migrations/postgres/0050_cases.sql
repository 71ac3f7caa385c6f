-- The case engine.
CREATE TABLE case_head (
  id uuid NOT NULL,
  version bigint NOT NULL,
  service text NOT NULL,
  person_id uuid NOT NULL,
  account_id uuid NOT NULL,
  reference text NOT NULL,
  category text NOT NULL,
  state text NOT NULL,
  state_since bigint NOT NULL,
  holder text NOT NULL,
  due_at bigint,
  created_at bigint NOT NULL,
  submitted_at bigint,
  submission integer NOT NULL,
  cleared integer NOT NULL,
  confirmed integer NOT NULL,
  waiting text,
  attempts integer NOT NULL,
  bill_id uuid,
  decided_by uuid,
  rules text NOT NULL,
  PRIMARY KEY (id)
) WITH (fillfactor = 70);
CREATE TABLE case_reference (
  reference text NOT NULL,
  case_id uuid NOT NULL,
  PRIMARY KEY (reference)
);
CREATE TABLE case_party (
  case_id uuid NOT NULL,
  role text NOT NULL,
  party_id uuid NOT NULL,
  PRIMARY KEY (case_id, role, party_id)
);
CREATE TABLE case_answers (
  case_id uuid NOT NULL,
  saved_at bigint NOT NULL,
  answers bytea NOT NULL,
  PRIMARY KEY (case_id)
);
ALTER TABLE case_answers ALTER COLUMN answers SET STORAGE EXTERNAL;
CREATE TABLE case_submission (
  case_id uuid NOT NULL,
  submission integer NOT NULL,
  at bigint NOT NULL,
  schema_number integer NOT NULL,
  request bytea NOT NULL,
  PRIMARY KEY (case_id, submission)
);
ALTER TABLE case_submission ALTER COLUMN request SET STORAGE EXTERNAL;
CREATE TABLE case_fact (
  case_id uuid NOT NULL,
  fact text NOT NULL,
  attempt integer NOT NULL,
  outcome text NOT NULL,
  source text NOT NULL,
  request_id text NOT NULL,
  fetched_at bigint NOT NULL,
  as_of bigint NOT NULL,
  valid_until bigint NOT NULL,
  schema_number integer NOT NULL,
  value bytea,
  PRIMARY KEY (case_id, fact, attempt)
);
ALTER TABLE case_fact ALTER COLUMN value SET STORAGE EXTERNAL;
CREATE TABLE case_assessment (
  case_id uuid NOT NULL,
  attempt integer NOT NULL,
  submission integer NOT NULL,
  at bigint NOT NULL,
  rules text NOT NULL,
  outcome text NOT NULL,
  risk text NOT NULL,
  result bytea NOT NULL,
  PRIMARY KEY (case_id, attempt)
);
ALTER TABLE case_assessment ALTER COLUMN result SET STORAGE EXTERNAL;
CREATE TABLE case_comparison (
  case_id uuid NOT NULL,
  attempt integer NOT NULL,
  field text NOT NULL,
  class text NOT NULL,
  source text NOT NULL,
  as_of bigint NOT NULL,
  compared bytea NOT NULL,
  PRIMARY KEY (case_id, attempt, field)
);
ALTER TABLE case_comparison ALTER COLUMN compared SET STORAGE EXTERNAL;
CREATE TABLE case_event (
  id uuid NOT NULL,
  case_id uuid NOT NULL,
  at bigint NOT NULL,
  act text NOT NULL,
  from_state text NOT NULL,
  to_state text NOT NULL,
  actor_kind text NOT NULL,
  actor text NOT NULL,
  reason text,
  note bytea,
  PRIMARY KEY (id)
);
ALTER TABLE case_event ALTER COLUMN note SET STORAGE EXTERNAL;
CREATE TABLE case_decision (
  case_id uuid NOT NULL,
  id uuid NOT NULL,
  officer uuid NOT NULL,
  act text NOT NULL,
  reason text NOT NULL,
  pressed_at bigint NOT NULL,
  effective_at bigint NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (case_id)
);
ALTER TABLE case_decision ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE TABLE review_queue (
  case_id uuid NOT NULL,
  service text NOT NULL,
  since bigint NOT NULL,
  due_at bigint NOT NULL,
  excluded uuid,
  PRIMARY KEY (case_id)
);
CREATE TABLE review_lock (
  case_id uuid NOT NULL,
  officer uuid NOT NULL,
  until bigint NOT NULL,
  PRIMARY KEY (case_id)
);
CREATE TABLE deadline (
  subject_id uuid NOT NULL,
  kind text NOT NULL,
  due_at bigint NOT NULL,
  rules text NOT NULL,
  PRIMARY KEY (subject_id, kind)
);
CREATE INDEX case_head_person ON case_head (person_id);
CREATE INDEX case_party_party ON case_party (party_id);
CREATE INDEX case_event_case ON case_event (case_id);
CREATE INDEX review_queue_since ON review_queue (service, since);
CREATE INDEX deadline_due ON deadline (due_at);
