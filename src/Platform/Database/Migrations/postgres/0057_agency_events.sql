-- older may run
-- What other agencies told us of their records about a person: of each thing the newest.
CREATE TABLE agency_event (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  agency text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('passport', 'death', 'contract', 'household_contract', 'order', 'policy')),
  person_id uuid NOT NULL,
  at bigint NOT NULL,
  heard_at bigint NOT NULL,
  content bytea NOT NULL
) WITH (fillfactor=80);
ALTER TABLE agency_event ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX agency_event_person ON agency_event (person_id);
