-- older may run
-- What agencies are told of residences and IDs, at the places of the journal, and how far each agency was told.
CREATE TABLE feed_event (
  position integer NOT NULL,
  ordinal integer NOT NULL,
  act_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('residence.issued', 'residence.renewed', 'residence.ended', 'document.status_changed', 'document.freeze_changed')),
  person_id text NOT NULL,
  residence_id text NOT NULL,
  category text NOT NULL,
  at integer NOT NULL,
  from_day text,
  until_day text,
  ended_day text,
  state text CHECK (state IN ('valid', 'suspended', 'revoked', 'superseded')),
  frozen integer,
  number integer,
  PRIMARY KEY (position, ordinal)
) STRICT;
CREATE INDEX feed_event_kind ON feed_event (kind, position, ordinal);
CREATE INDEX feed_event_at ON feed_event (at);
CREATE INDEX feed_event_ended ON feed_event (residence_id) WHERE kind = 'residence.ended';

CREATE TABLE feed_place (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  position integer NOT NULL,
  first_position integer NOT NULL CHECK (first_position <= position)
) STRICT;

CREATE TABLE feed_consumer (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  agency text NOT NULL,
  state text NOT NULL CHECK (state IN ('SENDING', 'STOPPED')),
  generation integer NOT NULL,
  position integer NOT NULL,
  ordinal integer NOT NULL,
  attempts integer NOT NULL,
  due_at integer NOT NULL,
  failing_since integer,
  reason text,
  delivered_at integer,
  changed_at integer NOT NULL,
  CHECK (state <> 'STOPPED' OR reason IS NOT NULL)
) STRICT;
