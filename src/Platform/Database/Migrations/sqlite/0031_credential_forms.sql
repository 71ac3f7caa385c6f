-- The ID in its signed forms, what each signature was promised for, and the lists that tell their status.
CREATE TABLE credential_form (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  person_id text NOT NULL,
  document_id text NOT NULL,
  kind text NOT NULL,
  list text NOT NULL,
  list_index integer NOT NULL,
  key_id text NOT NULL,
  digest blob NOT NULL,
  state text NOT NULL CHECK (state IN ('INTENDED', 'SIGNED', 'VOIDED')),
  signature blob,
  issued_at integer NOT NULL,
  expires_at integer NOT NULL,
  invalid_reason text,
  suspended_at integer,
  frozen_at integer,
  changed_at integer NOT NULL
) STRICT;
CREATE INDEX credential_form_person ON credential_form (person_id);
CREATE INDEX credential_form_list ON credential_form (list, list_index);
CREATE INDEX credential_form_intended ON credential_form (id) WHERE state = 'INTENDED';
CREATE INDEX credential_form_changed ON credential_form (changed_at);

CREATE TABLE credential_recipe (
  form_id text NOT NULL PRIMARY KEY,
  recipe blob NOT NULL
) STRICT;

CREATE TABLE status_token (
  id text NOT NULL PRIMARY KEY,
  list text NOT NULL,
  at integer NOT NULL,
  expires_at integer NOT NULL,
  key_id text NOT NULL,
  jwt_digest blob NOT NULL,
  cwt_digest blob NOT NULL
) STRICT;

CREATE TABLE status_list (
  list text NOT NULL PRIMARY KEY,
  at integer NOT NULL,
  expires_at integer NOT NULL,
  jwt blob NOT NULL,
  cwt blob NOT NULL
) STRICT;
