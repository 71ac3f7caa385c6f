-- A verifier is told how an ID stands when the holder consents, and what it was told can be fetched in order.
CREATE TABLE status_subscription (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  verifier_id text NOT NULL,
  person_id text NOT NULL,
  purpose text NOT NULL,
  state text NOT NULL CHECK (state IN ('PENDING', 'DECLINED', 'ACTIVE', 'ENDED')),
  asked_at integer NOT NULL,
  answer_by integer NOT NULL,
  until_at integer NOT NULL,
  answered_at integer,
  ended_at integer,
  end_reason text CHECK (end_reason IN ('holder', 'expired', 'verifier', 'done', 'lapsed')),
  word text CHECK (word IN ('valid', 'suspended', 'frozen', 'expired', 'not_yet_valid', 'revoked')),
  document_id text,
  look_at integer,
  CHECK ((state = 'ENDED') = (ended_at IS NOT NULL) AND (ended_at IS NULL) = (end_reason IS NULL))
) STRICT;
CREATE INDEX status_subscription_person ON status_subscription (person_id, id);
CREATE INDEX status_subscription_active ON status_subscription (verifier_id) WHERE state = 'ACTIVE';
CREATE INDEX status_subscription_look ON status_subscription (look_at, id) WHERE look_at IS NOT NULL;

CREATE TABLE subscription_feed (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  first_number integer NOT NULL CHECK (first_number > 0),
  last_number integer NOT NULL CHECK (last_number >= first_number - 1)
) STRICT;

CREATE TABLE subscription_event (
  verifier_id text NOT NULL,
  number integer NOT NULL,
  subscription_id text NOT NULL,
  word text NOT NULL CHECK (word IN ('valid', 'suspended', 'frozen', 'expired', 'not_yet_valid', 'revoked', 'renewed', 'ended')),
  at integer NOT NULL,
  PRIMARY KEY (verifier_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX subscription_event_at ON subscription_event (at);

CREATE TABLE subscription_teller (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  position integer NOT NULL
) STRICT;
