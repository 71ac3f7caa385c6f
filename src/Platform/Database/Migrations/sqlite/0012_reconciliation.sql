-- older may run
-- Our records against those of other agencies, night by night: how far each comparison is, and what did not agree.
CREATE TABLE reconciliation (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  agency text NOT NULL,
  night text NOT NULL,
  state text NOT NULL CHECK (state IN ('RUNNING', 'WAITING', 'DONE')),
  phase text NOT NULL CHECK (phase IN ('theirs', 'ours', 'earlier')),
  after text NOT NULL,
  position integer NOT NULL,
  last_difference text NOT NULL,
  started_at integer NOT NULL,
  changed_at integer NOT NULL,
  finished_at integer,
  waiting_since integer,
  reason text,
  compared integer NOT NULL,
  found integer NOT NULL,
  repaired integer NOT NULL,
  opened integer NOT NULL
) STRICT;
CREATE INDEX reconciliation_order ON reconciliation (agency, started_at);

CREATE TABLE agency_difference (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  agency text NOT NULL,
  kind text NOT NULL,
  person_id text NOT NULL,
  about text NOT NULL,
  state text NOT NULL CHECK (state IN ('TOLD_AGAIN', 'CAUGHT_UP', 'OPEN', 'SETTLED')),
  found_at integer NOT NULL,
  changed_at integer NOT NULL,
  run_id text NOT NULL,
  sides blob NOT NULL
) STRICT;
CREATE INDEX agency_difference_person ON agency_difference (person_id);
-- The few that somebody or something still sees to.
CREATE INDEX agency_difference_unsettled ON agency_difference (agency, id) WHERE state IN ('OPEN', 'TOLD_AGAIN');
