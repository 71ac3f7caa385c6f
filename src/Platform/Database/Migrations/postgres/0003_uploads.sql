-- Files that people sent; their bytes lie sealed in the data folder.
CREATE TABLE upload (
  id uuid NOT NULL PRIMARY KEY,
  person_id uuid NOT NULL,
  case_id uuid,
  kind text NOT NULL,
  digest bytea NOT NULL,
  type text NOT NULL CHECK (type IN ('jpg', 'png', 'heic', 'pdf')),
  size integer NOT NULL,
  width integer NOT NULL,
  height integer NOT NULL,
  pages integer NOT NULL,
  created_at bigint NOT NULL,
  name bytea NOT NULL
);
CREATE INDEX upload_person ON upload (person_id);
CREATE INDEX upload_case ON upload (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX upload_digest ON upload (digest);
ALTER TABLE upload ALTER COLUMN name SET STORAGE EXTERNAL;

-- What is due is found by its time, however much waits for later.
CREATE INDEX delivery_due ON delivery (due_at) WHERE state = 'waiting';
