-- What the writer records of every change, and the bookkeeping of the platform.
CREATE TABLE act (
  id text NOT NULL PRIMARY KEY,
  operation text NOT NULL,
  digest blob NOT NULL,
  verb text NOT NULL,
  actor_kind text NOT NULL,
  actor_id text NOT NULL,
  behalf_kind text,
  behalf_id text,
  at integer NOT NULL,
  person_id text,
  case_id text,
  reason text,
  rules text,
  answer text
) STRICT;
CREATE UNIQUE INDEX act_operation ON act (operation);
CREATE INDEX act_person ON act (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX act_case ON act (case_id) WHERE case_id IS NOT NULL;

CREATE TABLE leaf (
  id text NOT NULL PRIMARY KEY,
  kind text NOT NULL,
  hash blob NOT NULL,
  salt blob NOT NULL,
  manifest blob NOT NULL,
  position integer
) STRICT;
CREATE UNIQUE INDEX leaf_position ON leaf (position) WHERE position IS NOT NULL;
CREATE INDEX leaf_unsequenced ON leaf (id) WHERE position IS NULL;

CREATE TABLE claim (
  kind text NOT NULL,
  hash blob NOT NULL,
  act_id text,
  PRIMARY KEY (kind, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE balance (
  account text NOT NULL PRIMARY KEY,
  halalas integer NOT NULL CHECK (halalas >= 0)
) STRICT;

CREATE TABLE outbox (
  id text NOT NULL PRIMARY KEY,
  act_id text NOT NULL,
  topic text NOT NULL,
  lane text NOT NULL,
  payload text NOT NULL,
  secret blob,
  person_id text,
  at integer NOT NULL
) STRICT;

CREATE TABLE delivery (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  topic text NOT NULL,
  lane text NOT NULL,
  state text NOT NULL,
  attempts integer NOT NULL,
  due_at integer NOT NULL,
  done_at integer,
  remark text
) STRICT;
CREATE INDEX delivery_waiting ON delivery (lane, id) WHERE state = 'waiting';

CREATE TABLE access_entry (
  id text NOT NULL PRIMARY KEY,
  at integer NOT NULL,
  reader_kind text NOT NULL,
  reader_id text NOT NULL,
  purpose text NOT NULL,
  case_id text,
  place text NOT NULL,
  leaf_id text NOT NULL
) STRICT;
CREATE TABLE access_subject (
  person_id text NOT NULL,
  access_id text NOT NULL,
  PRIMARY KEY (person_id, access_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE writer_mark (
  node text NOT NULL PRIMARY KEY,
  mark text NOT NULL,
  at integer NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE serial (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  name text NOT NULL,
  next_value integer NOT NULL
) STRICT;

CREATE TABLE job (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  name text NOT NULL,
  argument text,
  state text NOT NULL,
  attempts integer NOT NULL,
  due_at integer NOT NULL,
  holder text,
  changed_at integer NOT NULL,
  remark text
) STRICT;
CREATE INDEX job_waiting ON job (due_at) WHERE state = 'waiting';

CREATE TABLE lease (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  name text NOT NULL,
  holder text NOT NULL,
  until_at integer NOT NULL
) STRICT;
