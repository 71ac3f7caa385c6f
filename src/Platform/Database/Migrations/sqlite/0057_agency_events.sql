-- older may run
-- What other agencies told us of their records about a person: of each thing the newest.
CREATE TABLE agency_event (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  agency text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('passport', 'death', 'contract', 'household_contract', 'order', 'policy')),
  person_id text NOT NULL,
  at integer NOT NULL,
  heard_at integer NOT NULL,
  content blob NOT NULL
) STRICT;
CREATE INDEX agency_event_person ON agency_event (person_id);
