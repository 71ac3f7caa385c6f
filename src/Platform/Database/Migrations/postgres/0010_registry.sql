-- Who people are and what residence they have.
CREATE TABLE person (
  id uuid NOT NULL,
  version bigint NOT NULL,
  nationality text NOT NULL,
  sex text NOT NULL,
  alive smallint NOT NULL,
  created_at bigint NOT NULL,
  changed_at bigint NOT NULL,
  record bytea NOT NULL,
  PRIMARY KEY (id)
) WITH (fillfactor = 70);
ALTER TABLE person ALTER COLUMN record SET STORAGE EXTERNAL;
CREATE TABLE person_identifier (
  kind text NOT NULL,
  blind bytea NOT NULL,
  person_id uuid NOT NULL,
  since bigint NOT NULL,
  PRIMARY KEY (kind, blind)
);
CREATE TABLE residence (
  id uuid NOT NULL,
  version bigint NOT NULL,
  person_id uuid NOT NULL,
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
) WITH (fillfactor = 70);
CREATE TABLE residence_details (
  residence_id uuid NOT NULL,
  details bytea NOT NULL,
  PRIMARY KEY (residence_id)
);
ALTER TABLE residence_details ALTER COLUMN details SET STORAGE EXTERNAL;
CREATE TABLE residence_term (
  id uuid NOT NULL,
  residence_id uuid NOT NULL,
  from_day text NOT NULL,
  until_day text NOT NULL,
  months integer NOT NULL,
  calendar text NOT NULL,
  granted_at bigint NOT NULL,
  case_id uuid NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE residence_hold (
  id uuid NOT NULL,
  residence_id uuid NOT NULL,
  kind text NOT NULL,
  from_at bigint NOT NULL,
  until_at bigint,
  reason text NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE exit_visa (
  id uuid NOT NULL,
  version bigint NOT NULL,
  person_id uuid NOT NULL,
  residence_id uuid NOT NULL,
  case_id uuid NOT NULL,
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
) WITH (fillfactor = 70);
CREATE TABLE exit_visa_number (
  number text NOT NULL,
  visa_id uuid NOT NULL,
  PRIMARY KEY (number)
);
CREATE TABLE fine (
  id uuid NOT NULL,
  version bigint NOT NULL,
  person_id uuid NOT NULL,
  code text NOT NULL,
  ordinal integer NOT NULL,
  day text NOT NULL,
  amount bigint NOT NULL,
  state text NOT NULL,
  source_id uuid NOT NULL,
  PRIMARY KEY (id)
) WITH (fillfactor = 70);
CREATE TABLE notice (
  person_id uuid NOT NULL,
  id uuid NOT NULL,
  at bigint NOT NULL,
  kind text NOT NULL,
  case_id uuid,
  arguments bytea NOT NULL,
  PRIMARY KEY (person_id, id)
);
ALTER TABLE notice ALTER COLUMN arguments SET STORAGE EXTERNAL;
CREATE TABLE notice_read (
  person_id uuid NOT NULL,
  notice_id uuid NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (person_id, notice_id)
);
CREATE INDEX person_identifier_person ON person_identifier (person_id);
CREATE INDEX residence_person ON residence (person_id);
CREATE INDEX residence_term_residence ON residence_term (residence_id);
CREATE INDEX residence_hold_residence ON residence_hold (residence_id);
CREATE INDEX exit_visa_person ON exit_visa (person_id);
CREATE INDEX exit_visa_case ON exit_visa (case_id);
CREATE INDEX fine_person ON fine (person_id);
