-- The ID in its signed forms, what each signature was promised for, and the lists that tell their status.
CREATE TABLE credential_form (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  person_id uuid NOT NULL,
  document_id uuid NOT NULL,
  kind text NOT NULL,
  list text NOT NULL,
  list_index integer NOT NULL,
  key_id text NOT NULL,
  digest bytea NOT NULL,
  state text NOT NULL CHECK (state IN ('INTENDED', 'SIGNED', 'VOIDED')),
  signature bytea,
  issued_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  invalid_reason text,
  suspended_at bigint,
  frozen_at bigint,
  changed_at bigint NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX credential_form_person ON credential_form (person_id);
CREATE INDEX credential_form_list ON credential_form (list, list_index);
CREATE INDEX credential_form_intended ON credential_form (id) WHERE state = 'INTENDED';
CREATE INDEX credential_form_changed ON credential_form (changed_at);

CREATE TABLE credential_recipe (
  form_id uuid NOT NULL PRIMARY KEY,
  recipe bytea NOT NULL
);
ALTER TABLE credential_recipe ALTER COLUMN recipe SET STORAGE EXTERNAL;

CREATE TABLE status_token (
  id uuid NOT NULL PRIMARY KEY,
  list text NOT NULL,
  at bigint NOT NULL,
  expires_at bigint NOT NULL,
  key_id text NOT NULL,
  jwt_digest bytea NOT NULL,
  cwt_digest bytea NOT NULL
);

CREATE TABLE status_list (
  list text NOT NULL PRIMARY KEY,
  at bigint NOT NULL,
  expires_at bigint NOT NULL,
  jwt bytea NOT NULL,
  cwt bytea NOT NULL
);
ALTER TABLE status_list ALTER COLUMN jwt SET STORAGE EXTERNAL;
ALTER TABLE status_list ALTER COLUMN cwt SET STORAGE EXTERNAL;
