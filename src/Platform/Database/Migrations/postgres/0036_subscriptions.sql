-- A verifier is told how an ID stands when the holder consents, and what it was told can be fetched in order.
CREATE TABLE status_subscription (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  verifier_id uuid NOT NULL,
  person_id uuid NOT NULL,
  purpose text NOT NULL,
  state text NOT NULL CHECK (state IN ('PENDING', 'DECLINED', 'ACTIVE', 'ENDED')),
  asked_at bigint NOT NULL,
  answer_by bigint NOT NULL,
  until_at bigint NOT NULL,
  answered_at bigint,
  ended_at bigint,
  end_reason text CHECK (end_reason IN ('holder', 'expired', 'verifier', 'done', 'lapsed')),
  word text CHECK (word IN ('valid', 'suspended', 'frozen', 'expired', 'not_yet_valid', 'revoked')),
  document_id uuid,
  look_at bigint,
  CHECK ((state = 'ENDED') = (ended_at IS NOT NULL) AND (ended_at IS NULL) = (end_reason IS NULL))
) WITH (fillfactor = 70);
CREATE INDEX status_subscription_person ON status_subscription (person_id, id);
CREATE INDEX status_subscription_active ON status_subscription (verifier_id) WHERE state = 'ACTIVE';
CREATE INDEX status_subscription_look ON status_subscription (look_at, id) WHERE look_at IS NOT NULL;

CREATE TABLE subscription_feed (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  first_number bigint NOT NULL CHECK (first_number > 0),
  last_number bigint NOT NULL CHECK (last_number >= first_number - 1)
) WITH (fillfactor = 70);

CREATE TABLE subscription_event (
  verifier_id uuid NOT NULL,
  number bigint NOT NULL,
  subscription_id uuid NOT NULL,
  word text NOT NULL CHECK (word IN ('valid', 'suspended', 'frozen', 'expired', 'not_yet_valid', 'revoked', 'renewed', 'ended')),
  at bigint NOT NULL,
  PRIMARY KEY (verifier_id, number)
);
CREATE INDEX subscription_event_at ON subscription_event (at);

CREATE TABLE subscription_teller (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  position bigint NOT NULL
) WITH (fillfactor = 70);
