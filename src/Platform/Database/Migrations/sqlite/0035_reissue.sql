-- older may run
-- What a signer that is withdrawn signed is issued anew; the type has versions; a status list that was announced is stored or given up.
CREATE TABLE credential_holder (
  form_id text NOT NULL PRIMARY KEY,
  holder blob,
  replaces text
) STRICT;
CREATE INDEX credential_holder_key ON credential_holder (holder) WHERE holder IS NOT NULL;

CREATE TABLE credential_type (
  version integer NOT NULL PRIMARY KEY,
  json blob NOT NULL,
  made_at integer NOT NULL
) STRICT;

CREATE TABLE credential_reissue (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  key_id text NOT NULL,
  reason text NOT NULL,
  state text NOT NULL CHECK (state IN ('RUNNING', 'DONE')),
  after_person text NOT NULL,
  replaced integer NOT NULL,
  withdrawn integer NOT NULL,
  failed integer NOT NULL,
  started_at integer NOT NULL,
  changed_at integer NOT NULL
) STRICT;

CREATE TABLE status_token_void (
  token_id text NOT NULL PRIMARY KEY,
  at integer NOT NULL
) STRICT;

CREATE TABLE status_announced (
  list text NOT NULL PRIMARY KEY,
  token text NOT NULL
) STRICT;

ALTER TABLE status_list ADD COLUMN key_id text;
ALTER TABLE status_list ADD COLUMN token_id text;

-- The signer of a form never changes, so a change of the form stays a small one.
CREATE INDEX credential_form_key ON credential_form (key_id, person_id);
DROP INDEX credential_form_changed;
CREATE INDEX credential_form_changed ON credential_form (changed_at, id);
