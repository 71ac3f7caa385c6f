-- Records of other agencies that a person says are wrong.
CREATE TABLE case_contest (
  id text NOT NULL,
  case_id text NOT NULL,
  about text NOT NULL,
  source text NOT NULL,
  state text NOT NULL,
  opened_at integer NOT NULL,
  due_at integer NOT NULL,
  late_at integer,
  answered_at integer,
  evidence text,
  content blob NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX case_contest_case ON case_contest (case_id);
-- What is asked about again: of all contests ever, the few that wait.
CREATE INDEX case_contest_waits ON case_contest (id) WHERE state = 'with_agency';
