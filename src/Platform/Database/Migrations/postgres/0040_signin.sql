-- Accounts, sessions, one-time codes and what belongs to them.

CREATE TABLE account (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  person uuid NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  proofing text NOT NULL,
  roles text NOT NULL,
  office text,
  language text NOT NULL,
  password text,
  created_at bigint NOT NULL,
  changed_at bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX account_person ON account (person);

CREATE TABLE account_value (
  id uuid NOT NULL PRIMARY KEY,
  account uuid NOT NULL,
  value bytea NOT NULL
);
ALTER TABLE account_value ALTER COLUMN value SET STORAGE EXTERNAL;
CREATE INDEX account_value_account ON account_value (account);

CREATE TABLE account_identifier (
  kind text NOT NULL,
  hash bytea NOT NULL,
  account uuid NOT NULL,
  PRIMARY KEY (kind, hash)
);
CREATE INDEX account_identifier_account ON account_identifier (account);

CREATE TABLE account_profile (
  account uuid NOT NULL PRIMARY KEY,
  profile bytea NOT NULL,
  changed_at bigint NOT NULL
);
ALTER TABLE account_profile ALTER COLUMN profile SET STORAGE EXTERNAL;

CREATE TABLE account_contact (
  id uuid NOT NULL PRIMARY KEY,
  account uuid NOT NULL,
  kind text NOT NULL,
  hash bytea NOT NULL,
  source text NOT NULL,
  since bigint NOT NULL,
  until bigint
);
CREATE INDEX account_contact_account ON account_contact (account);

CREATE TABLE account_address (
  id uuid NOT NULL PRIMARY KEY,
  account uuid NOT NULL,
  source text NOT NULL,
  since bigint NOT NULL,
  until bigint
);
CREATE INDEX account_address_account ON account_address (account);

CREATE TABLE authenticator (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  account uuid NOT NULL,
  state text NOT NULL,
  last_step bigint NOT NULL,
  created_at bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX authenticator_account ON authenticator (account);

CREATE TABLE recovery_set (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  account uuid NOT NULL,
  salt bytea NOT NULL,
  hashes bytea NOT NULL,
  used integer NOT NULL,
  state text NOT NULL,
  created_at bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX recovery_set_account ON recovery_set (account);

CREATE TABLE pending_registration (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  token bytea NOT NULL,
  state bytea NOT NULL,
  expires_at bigint NOT NULL
) WITH (fillfactor = 70);
ALTER TABLE pending_registration ALTER COLUMN state SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX pending_registration_token ON pending_registration (token);
CREATE INDEX pending_registration_expires ON pending_registration (expires_at);

CREATE TABLE one_time_code (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  purpose text NOT NULL,
  bound_to uuid NOT NULL,
  hash bytea NOT NULL,
  tries integer NOT NULL,
  sends integer NOT NULL,
  state text NOT NULL,
  sent_at bigint NOT NULL,
  expires_at bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX one_time_code_expires ON one_time_code (expires_at);

CREATE TABLE sign_in_challenge (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  token bytea NOT NULL,
  account uuid NOT NULL,
  session uuid,
  code uuid,
  tries integer NOT NULL,
  state text NOT NULL,
  shared smallint NOT NULL,
  expires_at bigint NOT NULL
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX sign_in_challenge_token ON sign_in_challenge (token);
CREATE INDEX sign_in_challenge_expires ON sign_in_challenge (expires_at);

CREATE TABLE session (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  token bytea NOT NULL,
  account uuid NOT NULL,
  person uuid NOT NULL,
  level integer NOT NULL,
  stepped_up_until bigint,
  shared smallint NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  ended_at bigint,
  end_reason text,
  changed_at bigint NOT NULL
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX session_token ON session (token);
CREATE INDEX session_account ON session (account) WHERE ended_at IS NULL;
CREATE INDEX session_changed ON session (changed_at);

CREATE TABLE session_seen (
  session uuid NOT NULL PRIMARY KEY,
  seen_at bigint NOT NULL
) WITH (fillfactor = 70);

CREATE INDEX session_seen_at ON session_seen (seen_at);

CREATE TABLE known_device (
  account uuid NOT NULL,
  token bytea NOT NULL,
  seen_at bigint NOT NULL,
  PRIMARY KEY (account, token)
);

CREATE INDEX known_device_seen ON known_device (seen_at);

CREATE TABLE contact_change (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  account uuid NOT NULL,
  kind text NOT NULL,
  hash bytea NOT NULL,
  old_code uuid,
  new_code uuid NOT NULL,
  new_confirmed smallint NOT NULL,
  old_confirmed smallint NOT NULL,
  stop_hash bytea,
  state text NOT NULL,
  due_at bigint NOT NULL,
  created_at bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX contact_change_account ON contact_change (account);
CREATE INDEX contact_change_due ON contact_change (due_at) WHERE state IN ('OPEN', 'COOLING');
CREATE INDEX contact_change_stop ON contact_change (stop_hash) WHERE stop_hash IS NOT NULL;

CREATE TABLE office_invitation (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  kind text NOT NULL,
  account uuid NOT NULL,
  roles text NOT NULL,
  office text NOT NULL,
  proposed_by uuid,
  approved_by uuid,
  token bytea,
  state text NOT NULL,
  expires_at bigint NOT NULL,
  created_at bigint NOT NULL
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX office_invitation_token ON office_invitation (token) WHERE token IS NOT NULL;

CREATE TABLE throttle_count (
  node text NOT NULL,
  subject bytea NOT NULL,
  slot bigint NOT NULL,
  count integer NOT NULL,
  last_at bigint NOT NULL,
  PRIMARY KEY (node, subject, slot)
) WITH (fillfactor = 70);
CREATE INDEX throttle_count_last ON throttle_count (last_at);
