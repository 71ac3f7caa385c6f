-- older may run
-- Our records against those of other agencies, night by night: how far each comparison is, and what did not agree.
CREATE TABLE reconciliation (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  agency text NOT NULL,
  night text NOT NULL,
  state text NOT NULL CHECK (state IN ('RUNNING', 'WAITING', 'DONE')),
  phase text NOT NULL CHECK (phase IN ('theirs', 'ours', 'earlier')),
  after text NOT NULL,
  position bigint NOT NULL,
  last_difference uuid NOT NULL,
  started_at bigint NOT NULL,
  changed_at bigint NOT NULL,
  finished_at bigint,
  waiting_since bigint,
  reason text,
  compared bigint NOT NULL,
  found bigint NOT NULL,
  repaired bigint NOT NULL,
  opened bigint NOT NULL
) WITH (fillfactor=80);
CREATE INDEX reconciliation_order ON reconciliation (agency, started_at);

CREATE TABLE agency_difference (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  agency text NOT NULL,
  kind text NOT NULL,
  person_id uuid NOT NULL,
  about text NOT NULL,
  state text NOT NULL CHECK (state IN ('TOLD_AGAIN', 'CAUGHT_UP', 'OPEN', 'SETTLED')),
  found_at bigint NOT NULL,
  changed_at bigint NOT NULL,
  run_id uuid NOT NULL,
  sides bytea NOT NULL
) WITH (fillfactor=80);
ALTER TABLE agency_difference ALTER COLUMN sides SET STORAGE EXTERNAL;
CREATE INDEX agency_difference_person ON agency_difference (person_id);
-- The few that somebody or something still sees to.
CREATE INDEX agency_difference_unsettled ON agency_difference (agency, id) WHERE state IN ('OPEN', 'TOLD_AGAIN');
