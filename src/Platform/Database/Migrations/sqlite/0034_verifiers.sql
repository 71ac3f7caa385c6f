-- Who may check IDs by program, by which keys they sign, and how much they asked.
CREATE TABLE registered_verifier (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('BANK', 'AIRLINE', 'POLICE', 'EMPLOYER')),
  name_ar text NOT NULL,
  name_en text NOT NULL,
  state text NOT NULL CHECK (state IN ('ACTIVE', 'REVOKED')),
  grants text NOT NULL,
  per_minute integer NOT NULL CHECK (per_minute > 0),
  per_day integer NOT NULL CHECK (per_day > 0),
  added_at integer NOT NULL,
  ended_at integer
) STRICT;

CREATE TABLE verifier_key (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  verifier_id text NOT NULL,
  key_id text NOT NULL,
  algorithm text NOT NULL CHECK (algorithm IN ('ecdsa-p256-sha256', 'ed25519')),
  public_key blob NOT NULL,
  state text NOT NULL CHECK (state IN ('ACTIVE', 'REVOKED')),
  added_at integer NOT NULL,
  ended_at integer
) STRICT;

CREATE TABLE verifier_use (
  verifier_id text NOT NULL,
  day text NOT NULL,
  node text NOT NULL,
  asked integer NOT NULL,
  PRIMARY KEY (verifier_id, day, node)
) STRICT, WITHOUT ROWID;
