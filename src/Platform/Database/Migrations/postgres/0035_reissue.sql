-- older may run
-- What a signer that is withdrawn signed is issued anew; the type has versions; a status list that was announced is stored or given up.
CREATE TABLE credential_holder (
  form_id uuid NOT NULL PRIMARY KEY,
  holder bytea,
  replaces uuid
);
CREATE INDEX credential_holder_key ON credential_holder (holder) WHERE holder IS NOT NULL;

CREATE TABLE credential_type (
  version integer NOT NULL PRIMARY KEY,
  json bytea NOT NULL,
  made_at bigint NOT NULL
);

CREATE TABLE credential_reissue (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  key_id text NOT NULL,
  reason text NOT NULL,
  state text NOT NULL CHECK (state IN ('RUNNING', 'DONE')),
  after_person uuid NOT NULL,
  replaced bigint NOT NULL,
  withdrawn bigint NOT NULL,
  failed bigint NOT NULL,
  started_at bigint NOT NULL,
  changed_at bigint NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE status_token_void (
  token_id uuid NOT NULL PRIMARY KEY,
  at bigint NOT NULL
);

CREATE TABLE status_announced (
  list text NOT NULL PRIMARY KEY,
  token uuid NOT NULL
) WITH (fillfactor = 70);

ALTER TABLE status_list ADD COLUMN key_id text;
ALTER TABLE status_list ADD COLUMN token_id uuid;

-- The signer of a form never changes, so a change of the form stays a small one.
CREATE INDEX credential_form_key ON credential_form (key_id, person_id);
DROP INDEX credential_form_changed;
CREATE INDEX credential_form_changed ON credential_form (changed_at, id);
