-- Records of other agencies that a person says are wrong.
CREATE TABLE case_contest (
  id uuid NOT NULL,
  case_id uuid NOT NULL,
  about text NOT NULL,
  source text NOT NULL,
  state text NOT NULL,
  opened_at bigint NOT NULL,
  due_at bigint NOT NULL,
  late_at bigint,
  answered_at bigint,
  evidence uuid,
  content bytea NOT NULL,
  PRIMARY KEY (id)
);
ALTER TABLE case_contest ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX case_contest_case ON case_contest (case_id);
-- What is asked about again: of all contests ever, the few that wait.
CREATE INDEX case_contest_waits ON case_contest (id) WHERE state = 'with_agency';
