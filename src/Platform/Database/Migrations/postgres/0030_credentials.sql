-- Versions of the resident ID, the credentials made from them, and short codes for verifiers.
CREATE TABLE document (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  person_id uuid NOT NULL,
  residence_id uuid NOT NULL,
  number integer NOT NULL CHECK (number > 0),
  serial text NOT NULL,
  state text NOT NULL CHECK (state IN ('LIVE', 'SUPERSEDED', 'LOST', 'DAMAGED', 'REVOKED')),
  issued_day text NOT NULL,
  expires_day text NOT NULL,
  place text NOT NULL,
  issued_at bigint NOT NULL,
  ended_at bigint
) WITH (fillfactor = 80);
CREATE INDEX document_person ON document (person_id);

CREATE TABLE document_content (
  document_id uuid NOT NULL PRIMARY KEY,
  content bytea NOT NULL
);

ALTER TABLE document_content ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE credential (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  person_id uuid NOT NULL,
  document_id uuid NOT NULL,
  kind text NOT NULL,
  handle bytea NOT NULL,
  status text NOT NULL CHECK (status IN ('LIVE', 'ENDED')),
  issued_at bigint NOT NULL,
  ended_at bigint
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX credential_handle ON credential (handle);
CREATE INDEX credential_person ON credential (person_id);

CREATE TABLE verify_code (
  person_id uuid NOT NULL PRIMARY KEY,
  code bytea NOT NULL,
  made_at bigint NOT NULL,
  expires_at bigint NOT NULL
);
CREATE INDEX verify_code_code ON verify_code (code);
