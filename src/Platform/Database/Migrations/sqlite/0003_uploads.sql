-- Files that people sent; their bytes lie sealed in the data folder.
CREATE TABLE upload (
  id text NOT NULL PRIMARY KEY,
  person_id text NOT NULL,
  case_id text,
  kind text NOT NULL,
  digest blob NOT NULL,
  type text NOT NULL CHECK (type IN ('jpg', 'png', 'heic', 'pdf')),
  size integer NOT NULL,
  width integer NOT NULL,
  height integer NOT NULL,
  pages integer NOT NULL,
  created_at integer NOT NULL,
  name blob NOT NULL
) STRICT;
CREATE INDEX upload_person ON upload (person_id);
CREATE INDEX upload_case ON upload (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX upload_digest ON upload (digest);

-- What is due is found by its time, however much waits for later.
CREATE INDEX delivery_due ON delivery (due_at) WHERE state = 'waiting';
