-- The ID in wallet apps of other makers: what is offered, who holds it, and by which tokens it is fetched.
CREATE TABLE wallet_offer (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  person_id text NOT NULL,
  account_id text NOT NULL,
  document_id text NOT NULL,
  way text NOT NULL CHECK (way IN ('code', 'national')),
  forms text NOT NULL,
  code blob NOT NULL,
  tx_code blob,
  tries integer NOT NULL,
  state text NOT NULL CHECK (state IN ('OPEN', 'USED', 'OVER')),
  made_at integer NOT NULL,
  expires_at integer NOT NULL
) STRICT;
CREATE UNIQUE INDEX wallet_offer_code ON wallet_offer (code);
CREATE INDEX wallet_offer_person ON wallet_offer (person_id, made_at);
CREATE INDEX wallet_offer_expires ON wallet_offer (expires_at);

CREATE TABLE wallet (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  person_id text NOT NULL,
  account_id text NOT NULL,
  document_id text NOT NULL,
  way text NOT NULL CHECK (way IN ('code', 'national')),
  client text,
  state text NOT NULL CHECK (state IN ('ACTIVE', 'ENDED')),
  added_at integer NOT NULL,
  fetched_at integer,
  refreshed_at integer,
  said text CHECK (said IN ('credential_accepted', 'credential_failure', 'credential_deleted')),
  ended_at integer,
  CHECK ((state = 'ENDED') = (ended_at IS NOT NULL))
) STRICT;
CREATE INDEX wallet_person ON wallet (person_id, id);

CREATE TABLE wallet_key (
  wallet_id text NOT NULL,
  holder blob NOT NULL,
  kind text NOT NULL CHECK (kind IN ('sd-jwt-vc', 'mdoc')),
  added_at integer NOT NULL,
  PRIMARY KEY (wallet_id, holder, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX wallet_key_holder ON wallet_key (holder);

CREATE TABLE wallet_token (
  hash blob NOT NULL PRIMARY KEY,
  wallet_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('ACCESS', 'REFRESH')),
  expires_at integer NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX wallet_token_wallet ON wallet_token (wallet_id);
CREATE INDEX wallet_token_expires ON wallet_token (expires_at);

CREATE TABLE wallet_consent (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  account_id text NOT NULL,
  given_at integer,
  ended_at integer
) STRICT;

CREATE TABLE wallet_card (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  document_id text,
  reference text,
  not_known integer NOT NULL,
  changed_at integer NOT NULL
) STRICT;
