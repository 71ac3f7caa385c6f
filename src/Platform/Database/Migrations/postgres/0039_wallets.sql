-- The ID in wallet apps of other makers: what is offered, who holds it, and by which tokens it is fetched.
CREATE TABLE wallet_offer (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  person_id uuid NOT NULL,
  account_id uuid NOT NULL,
  document_id uuid NOT NULL,
  way text NOT NULL CHECK (way IN ('code', 'national')),
  forms text NOT NULL,
  code bytea NOT NULL,
  tx_code bytea,
  tries integer NOT NULL,
  state text NOT NULL CHECK (state IN ('OPEN', 'USED', 'OVER')),
  made_at bigint NOT NULL,
  expires_at bigint NOT NULL
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX wallet_offer_code ON wallet_offer (code);
CREATE INDEX wallet_offer_person ON wallet_offer (person_id, made_at);
CREATE INDEX wallet_offer_expires ON wallet_offer (expires_at);

CREATE TABLE wallet (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  person_id uuid NOT NULL,
  account_id uuid NOT NULL,
  document_id uuid NOT NULL,
  way text NOT NULL CHECK (way IN ('code', 'national')),
  client text,
  state text NOT NULL CHECK (state IN ('ACTIVE', 'ENDED')),
  added_at bigint NOT NULL,
  fetched_at bigint,
  refreshed_at bigint,
  said text CHECK (said IN ('credential_accepted', 'credential_failure', 'credential_deleted')),
  ended_at bigint,
  CHECK ((state = 'ENDED') = (ended_at IS NOT NULL))
) WITH (fillfactor = 70);
CREATE INDEX wallet_person ON wallet (person_id, id);

CREATE TABLE wallet_key (
  wallet_id uuid NOT NULL,
  holder bytea NOT NULL,
  kind text NOT NULL CHECK (kind IN ('sd-jwt-vc', 'mdoc')),
  added_at bigint NOT NULL,
  PRIMARY KEY (wallet_id, holder, kind)
);
CREATE INDEX wallet_key_holder ON wallet_key (holder);

CREATE TABLE wallet_token (
  hash bytea NOT NULL PRIMARY KEY,
  wallet_id uuid NOT NULL,
  kind text NOT NULL CHECK (kind IN ('ACCESS', 'REFRESH')),
  expires_at bigint NOT NULL
);
CREATE INDEX wallet_token_wallet ON wallet_token (wallet_id);
CREATE INDEX wallet_token_expires ON wallet_token (expires_at);

CREATE TABLE wallet_consent (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  account_id uuid NOT NULL,
  given_at bigint,
  ended_at bigint
) WITH (fillfactor = 70);

CREATE TABLE wallet_card (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  document_id uuid,
  reference text,
  not_known smallint NOT NULL,
  changed_at bigint NOT NULL
) WITH (fillfactor = 70);
