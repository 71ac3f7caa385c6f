-- The case engine.
CREATE TABLE case_head (
  id text NOT NULL,
  version integer NOT NULL,
  service text NOT NULL,
  person_id text NOT NULL,
  account_id text NOT NULL,
  reference text NOT NULL,
  category text NOT NULL,
  state text NOT NULL,
  state_since integer NOT NULL,
  holder text NOT NULL,
  due_at integer,
  created_at integer NOT NULL,
  submitted_at integer,
  submission integer NOT NULL,
  cleared integer NOT NULL,
  confirmed integer NOT NULL,
  waiting text,
  attempts integer NOT NULL,
  bill_id text,
  decided_by text,
  rules text NOT NULL,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE TABLE case_reference (
  reference text NOT NULL,
  case_id text NOT NULL,
  PRIMARY KEY (reference)
) STRICT, WITHOUT ROWID;
CREATE TABLE case_party (
  case_id text NOT NULL,
  role text NOT NULL,
  party_id text NOT NULL,
  PRIMARY KEY (case_id, role, party_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE case_answers (
  case_id text NOT NULL,
  saved_at integer NOT NULL,
  answers blob NOT NULL,
  PRIMARY KEY (case_id)
) STRICT;
CREATE TABLE case_submission (
  case_id text NOT NULL,
  submission integer NOT NULL,
  at integer NOT NULL,
  schema_number integer NOT NULL,
  request blob NOT NULL,
  PRIMARY KEY (case_id, submission)
) STRICT;
CREATE TABLE case_fact (
  case_id text NOT NULL,
  fact text NOT NULL,
  attempt integer NOT NULL,
  outcome text NOT NULL,
  source text NOT NULL,
  request_id text NOT NULL,
  fetched_at integer NOT NULL,
  as_of integer NOT NULL,
  valid_until integer NOT NULL,
  schema_number integer NOT NULL,
  value blob,
  PRIMARY KEY (case_id, fact, attempt)
) STRICT;
CREATE TABLE case_assessment (
  case_id text NOT NULL,
  attempt integer NOT NULL,
  submission integer NOT NULL,
  at integer NOT NULL,
  rules text NOT NULL,
  outcome text NOT NULL,
  risk text NOT NULL,
  result blob NOT NULL,
  PRIMARY KEY (case_id, attempt)
) STRICT;
CREATE TABLE case_comparison (
  case_id text NOT NULL,
  attempt integer NOT NULL,
  field text NOT NULL,
  class text NOT NULL,
  source text NOT NULL,
  as_of integer NOT NULL,
  compared blob NOT NULL,
  PRIMARY KEY (case_id, attempt, field)
) STRICT;
CREATE TABLE case_event (
  id text NOT NULL,
  case_id text NOT NULL,
  at integer NOT NULL,
  act text NOT NULL,
  from_state text NOT NULL,
  to_state text NOT NULL,
  actor_kind text NOT NULL,
  actor text NOT NULL,
  reason text,
  note blob,
  PRIMARY KEY (id)
) STRICT;
CREATE TABLE case_decision (
  case_id text NOT NULL,
  id text NOT NULL,
  officer text NOT NULL,
  act text NOT NULL,
  reason text NOT NULL,
  pressed_at integer NOT NULL,
  effective_at integer NOT NULL,
  content blob NOT NULL,
  PRIMARY KEY (case_id)
) STRICT;
CREATE TABLE review_queue (
  case_id text NOT NULL,
  service text NOT NULL,
  since integer NOT NULL,
  due_at integer NOT NULL,
  excluded text,
  PRIMARY KEY (case_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE review_lock (
  case_id text NOT NULL,
  officer text NOT NULL,
  until integer NOT NULL,
  PRIMARY KEY (case_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE deadline (
  subject_id text NOT NULL,
  kind text NOT NULL,
  due_at integer NOT NULL,
  rules text NOT NULL,
  PRIMARY KEY (subject_id, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_head_person ON case_head (person_id);
CREATE INDEX case_party_party ON case_party (party_id);
CREATE INDEX case_event_case ON case_event (case_id);
CREATE INDEX review_queue_since ON review_queue (service, since);
CREATE INDEX deadline_due ON deadline (due_at);
