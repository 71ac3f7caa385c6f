-- Who may check IDs by program, by which keys they sign, and how much they asked.
CREATE TABLE registered_verifier (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  kind text NOT NULL CHECK (kind IN ('BANK', 'AIRLINE', 'POLICE', 'EMPLOYER')),
  name_ar text NOT NULL,
  name_en text NOT NULL,
  state text NOT NULL CHECK (state IN ('ACTIVE', 'REVOKED')),
  grants text NOT NULL,
  per_minute integer NOT NULL CHECK (per_minute > 0),
  per_day integer NOT NULL CHECK (per_day > 0),
  added_at bigint NOT NULL,
  ended_at bigint
) WITH (fillfactor = 70);

CREATE TABLE verifier_key (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  verifier_id uuid NOT NULL,
  key_id text NOT NULL,
  algorithm text NOT NULL CHECK (algorithm IN ('ecdsa-p256-sha256', 'ed25519')),
  public_key bytea NOT NULL,
  state text NOT NULL CHECK (state IN ('ACTIVE', 'REVOKED')),
  added_at bigint NOT NULL,
  ended_at bigint
) WITH (fillfactor = 70);

CREATE TABLE verifier_use (
  verifier_id uuid NOT NULL,
  day text NOT NULL,
  node uuid NOT NULL,
  asked bigint NOT NULL,
  PRIMARY KEY (verifier_id, day, node)
);
