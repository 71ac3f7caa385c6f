-- Who people are and what residence they have.
CREATE TABLE person (
  id text NOT NULL,
  version integer NOT NULL,
  nationality text NOT NULL,
  sex text NOT NULL,
  alive integer NOT NULL,
  created_at integer NOT NULL,
  changed_at integer NOT NULL,
  record blob NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE TABLE person_identifier (
  kind text NOT NULL,
  blind blob NOT NULL,
  person_id text NOT NULL,
  since integer NOT NULL,
  PRIMARY KEY (kind, blind)
) STRICT, WITHOUT ROWID;
CREATE TABLE residence (
  id text NOT NULL,
  version integer NOT NULL,
  person_id text NOT NULL,
  category text NOT NULL,
  from_day text NOT NULL,
  until_day text NOT NULL,
  calendar text NOT NULL,
  months integer NOT NULL,
  issued_day text NOT NULL,
  ended_day text,
  end_reason text,
  late_renewals integer NOT NULL,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE TABLE residence_details (
  residence_id text NOT NULL,
  details blob NOT NULL,
  PRIMARY KEY (residence_id)
) STRICT;
CREATE TABLE residence_term (
  id text NOT NULL,
  residence_id text NOT NULL,
  from_day text NOT NULL,
  until_day text NOT NULL,
  months integer NOT NULL,
  calendar text NOT NULL,
  granted_at integer NOT NULL,
  case_id text NOT NULL,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE TABLE residence_hold (
  id text NOT NULL,
  residence_id text NOT NULL,
  kind text NOT NULL,
  from_at integer NOT NULL,
  until_at integer,
  reason text NOT NULL,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE TABLE exit_visa (
  id text NOT NULL,
  version integer NOT NULL,
  person_id text NOT NULL,
  residence_id text NOT NULL,
  case_id text NOT NULL,
  number text NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  issued_day text NOT NULL,
  leave_before text NOT NULL,
  stay text NOT NULL,
  months integer NOT NULL,
  return_before text,
  exited_day text,
  trips integer NOT NULL,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE TABLE exit_visa_number (
  number text NOT NULL,
  visa_id text NOT NULL,
  PRIMARY KEY (number)
) STRICT, WITHOUT ROWID;
CREATE TABLE fine (
  id text NOT NULL,
  version integer NOT NULL,
  person_id text NOT NULL,
  code text NOT NULL,
  ordinal integer NOT NULL,
  day text NOT NULL,
  amount integer NOT NULL,
  state text NOT NULL,
  source_id text NOT NULL,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE TABLE notice (
  person_id text NOT NULL,
  id text NOT NULL,
  at integer NOT NULL,
  kind text NOT NULL,
  case_id text,
  arguments blob NOT NULL,
  PRIMARY KEY (person_id, id)
) STRICT;
CREATE TABLE notice_read (
  person_id text NOT NULL,
  notice_id text NOT NULL,
  at integer NOT NULL,
  PRIMARY KEY (person_id, notice_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_identifier_person ON person_identifier (person_id);
CREATE INDEX residence_person ON residence (person_id);
CREATE INDEX residence_term_residence ON residence_term (residence_id);
CREATE INDEX residence_hold_residence ON residence_hold (residence_id);
CREATE INDEX exit_visa_person ON exit_visa (person_id);
CREATE INDEX exit_visa_case ON exit_visa (case_id);
CREATE INDEX fine_person ON fine (person_id);
