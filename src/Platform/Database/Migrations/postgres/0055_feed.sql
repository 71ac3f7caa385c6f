-- older may run
-- What agencies are told of residences and IDs, at the places of the journal, and how far each agency was told.
CREATE TABLE feed_event (
  position bigint NOT NULL,
  ordinal integer NOT NULL,
  act_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('residence.issued', 'residence.renewed', 'residence.ended', 'document.status_changed', 'document.freeze_changed')),
  person_id uuid NOT NULL,
  residence_id uuid NOT NULL,
  category text NOT NULL,
  at bigint NOT NULL,
  from_day text,
  until_day text,
  ended_day text,
  state text CHECK (state IN ('valid', 'suspended', 'revoked', 'superseded')),
  frozen smallint,
  number integer,
  PRIMARY KEY (position, ordinal)
);
CREATE INDEX feed_event_kind ON feed_event (kind, position, ordinal);
CREATE INDEX feed_event_at ON feed_event (at);
CREATE INDEX feed_event_ended ON feed_event (residence_id) WHERE kind = 'residence.ended';

CREATE TABLE feed_place (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  position bigint NOT NULL,
  first_position bigint NOT NULL CHECK (first_position <= position)
) WITH (fillfactor = 10);

CREATE TABLE feed_consumer (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  agency text NOT NULL,
  state text NOT NULL CHECK (state IN ('SENDING', 'STOPPED')),
  generation integer NOT NULL,
  position bigint NOT NULL,
  ordinal integer NOT NULL,
  attempts integer NOT NULL,
  due_at bigint NOT NULL,
  failing_since bigint,
  reason text,
  delivered_at bigint,
  changed_at bigint NOT NULL,
  CHECK (state <> 'STOPPED' OR reason IS NOT NULL)
) WITH (fillfactor = 70);
