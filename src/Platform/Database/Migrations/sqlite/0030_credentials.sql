-- Versions of the resident ID, the credentials made from them, and short codes for verifiers.
CREATE TABLE document (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  person_id text NOT NULL,
  residence_id text NOT NULL,
  number integer NOT NULL CHECK (number > 0),
  serial text NOT NULL,
  state text NOT NULL CHECK (state IN ('LIVE', 'SUPERSEDED', 'LOST', 'DAMAGED', 'REVOKED')),
  issued_day text NOT NULL,
  expires_day text NOT NULL,
  place text NOT NULL,
  issued_at integer NOT NULL,
  ended_at integer
) STRICT;
CREATE INDEX document_person ON document (person_id);

CREATE TABLE document_content (
  document_id text NOT NULL PRIMARY KEY,
  content blob NOT NULL
) STRICT;

CREATE TABLE credential (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  person_id text NOT NULL,
  document_id text NOT NULL,
  kind text NOT NULL,
  handle blob NOT NULL,
  status text NOT NULL CHECK (status IN ('LIVE', 'ENDED')),
  issued_at integer NOT NULL,
  ended_at integer
) STRICT;
CREATE UNIQUE INDEX credential_handle ON credential (handle);
CREATE INDEX credential_person ON credential (person_id);

CREATE TABLE verify_code (
  person_id text NOT NULL PRIMARY KEY,
  code blob NOT NULL,
  made_at integer NOT NULL,
  expires_at integer NOT NULL
) STRICT;
CREATE INDEX verify_code_code ON verify_code (code);
