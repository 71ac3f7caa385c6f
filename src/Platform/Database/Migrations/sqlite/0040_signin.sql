-- Accounts, sessions, one-time codes and what belongs to them.

CREATE TABLE account (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  person text NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  proofing text NOT NULL,
  roles text NOT NULL,
  office text,
  language text NOT NULL,
  password text,
  created_at integer NOT NULL,
  changed_at integer NOT NULL
) STRICT;
CREATE INDEX account_person ON account (person);

CREATE TABLE account_value (
  id text NOT NULL PRIMARY KEY,
  account text NOT NULL,
  value blob NOT NULL
) STRICT;
CREATE INDEX account_value_account ON account_value (account);

CREATE TABLE account_identifier (
  kind text NOT NULL,
  hash blob NOT NULL,
  account text NOT NULL,
  PRIMARY KEY (kind, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_identifier_account ON account_identifier (account);

CREATE TABLE account_profile (
  account text NOT NULL PRIMARY KEY,
  profile blob NOT NULL,
  changed_at integer NOT NULL
) STRICT;

CREATE TABLE account_contact (
  id text NOT NULL PRIMARY KEY,
  account text NOT NULL,
  kind text NOT NULL,
  hash blob NOT NULL,
  source text NOT NULL,
  since integer NOT NULL,
  until integer
) STRICT;
CREATE INDEX account_contact_account ON account_contact (account);

CREATE TABLE account_address (
  id text NOT NULL PRIMARY KEY,
  account text NOT NULL,
  source text NOT NULL,
  since integer NOT NULL,
  until integer
) STRICT;
CREATE INDEX account_address_account ON account_address (account);

CREATE TABLE authenticator (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  account text NOT NULL,
  state text NOT NULL,
  last_step integer NOT NULL,
  created_at integer NOT NULL
) STRICT;
CREATE INDEX authenticator_account ON authenticator (account);

CREATE TABLE recovery_set (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  account text NOT NULL,
  salt blob NOT NULL,
  hashes blob NOT NULL,
  used integer NOT NULL,
  state text NOT NULL,
  created_at integer NOT NULL
) STRICT;
CREATE INDEX recovery_set_account ON recovery_set (account);

CREATE TABLE pending_registration (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  token blob NOT NULL,
  state blob NOT NULL,
  expires_at integer NOT NULL
) STRICT;
CREATE UNIQUE INDEX pending_registration_token ON pending_registration (token);
CREATE INDEX pending_registration_expires ON pending_registration (expires_at);

CREATE TABLE one_time_code (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  purpose text NOT NULL,
  bound_to text NOT NULL,
  hash blob NOT NULL,
  tries integer NOT NULL,
  sends integer NOT NULL,
  state text NOT NULL,
  sent_at integer NOT NULL,
  expires_at integer NOT NULL
) STRICT;
CREATE INDEX one_time_code_expires ON one_time_code (expires_at);

CREATE TABLE sign_in_challenge (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  token blob NOT NULL,
  account text NOT NULL,
  session text,
  code text,
  tries integer NOT NULL,
  state text NOT NULL,
  shared integer NOT NULL,
  expires_at integer NOT NULL
) STRICT;
CREATE UNIQUE INDEX sign_in_challenge_token ON sign_in_challenge (token);
CREATE INDEX sign_in_challenge_expires ON sign_in_challenge (expires_at);

CREATE TABLE session (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  token blob NOT NULL,
  account text NOT NULL,
  person text NOT NULL,
  level integer NOT NULL,
  stepped_up_until integer,
  shared integer NOT NULL,
  created_at integer NOT NULL,
  expires_at integer NOT NULL,
  ended_at integer,
  end_reason text,
  changed_at integer NOT NULL
) STRICT;
CREATE UNIQUE INDEX session_token ON session (token);
CREATE INDEX session_account ON session (account) WHERE ended_at IS NULL;
CREATE INDEX session_changed ON session (changed_at);

CREATE TABLE session_seen (
  session text NOT NULL PRIMARY KEY,
  seen_at integer NOT NULL
) STRICT;

CREATE INDEX session_seen_at ON session_seen (seen_at);

CREATE TABLE known_device (
  account text NOT NULL,
  token blob NOT NULL,
  seen_at integer NOT NULL,
  PRIMARY KEY (account, token)
) STRICT, WITHOUT ROWID;

CREATE INDEX known_device_seen ON known_device (seen_at);

CREATE TABLE contact_change (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  account text NOT NULL,
  kind text NOT NULL,
  hash blob NOT NULL,
  old_code text,
  new_code text NOT NULL,
  new_confirmed integer NOT NULL,
  old_confirmed integer NOT NULL,
  stop_hash blob,
  state text NOT NULL,
  due_at integer NOT NULL,
  created_at integer NOT NULL
) STRICT;
CREATE INDEX contact_change_account ON contact_change (account);
CREATE INDEX contact_change_due ON contact_change (due_at) WHERE state IN ('OPEN', 'COOLING');
CREATE INDEX contact_change_stop ON contact_change (stop_hash) WHERE stop_hash IS NOT NULL;

CREATE TABLE office_invitation (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  kind text NOT NULL,
  account text NOT NULL,
  roles text NOT NULL,
  office text NOT NULL,
  proposed_by text,
  approved_by text,
  token blob,
  state text NOT NULL,
  expires_at integer NOT NULL,
  created_at integer NOT NULL
) STRICT;
CREATE UNIQUE INDEX office_invitation_token ON office_invitation (token) WHERE token IS NOT NULL;

CREATE TABLE throttle_count (
  node text NOT NULL,
  subject blob NOT NULL,
  slot integer NOT NULL,
  count integer NOT NULL,
  last_at integer NOT NULL,
  PRIMARY KEY (node, subject, slot)
) STRICT, WITHOUT ROWID;
CREATE INDEX throttle_count_last ON throttle_count (last_at);
