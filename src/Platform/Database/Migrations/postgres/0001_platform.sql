-- What the writer records of every change, and the bookkeeping of the platform.
CREATE FUNCTION muqeem_expect(written bigint, expected bigint, what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- A lost race ends the transaction before it commits; the writer looks again and decides.
  IF written <> expected THEN
    RAISE EXCEPTION 'lost: %', what USING ERRCODE = 'MQ001';
  END IF;
END $$;

CREATE TABLE act (
  id uuid NOT NULL PRIMARY KEY,
  operation uuid NOT NULL,
  digest bytea NOT NULL,
  verb text NOT NULL,
  actor_kind text NOT NULL,
  actor_id text NOT NULL,
  behalf_kind text,
  behalf_id text,
  at bigint NOT NULL,
  person_id uuid,
  case_id uuid,
  reason text,
  rules text,
  answer text
);
CREATE UNIQUE INDEX act_operation ON act (operation);
CREATE INDEX act_person ON act (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX act_case ON act (case_id) WHERE case_id IS NOT NULL;

CREATE TABLE leaf (
  id uuid NOT NULL PRIMARY KEY,
  kind text NOT NULL,
  hash bytea NOT NULL,
  salt bytea NOT NULL,
  manifest bytea NOT NULL,
  position bigint
) WITH (fillfactor = 90);
ALTER TABLE leaf ALTER COLUMN manifest SET STORAGE EXTERNAL;
CREATE UNIQUE INDEX leaf_position ON leaf (position) WHERE position IS NOT NULL;
CREATE INDEX leaf_unsequenced ON leaf (id) WHERE position IS NULL;

CREATE TABLE claim (
  kind text NOT NULL,
  hash bytea NOT NULL,
  act_id uuid,
  PRIMARY KEY (kind, hash)
);

CREATE TABLE balance (
  account uuid NOT NULL PRIMARY KEY,
  halalas bigint NOT NULL CHECK (halalas >= 0)
) WITH (fillfactor = 70);

CREATE TABLE outbox (
  id uuid NOT NULL PRIMARY KEY,
  act_id uuid NOT NULL,
  topic text NOT NULL,
  lane text NOT NULL,
  payload text NOT NULL,
  secret bytea,
  person_id uuid,
  at bigint NOT NULL
);
ALTER TABLE outbox ALTER COLUMN secret SET STORAGE EXTERNAL;

CREATE TABLE delivery (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  topic text NOT NULL,
  lane text NOT NULL,
  state text NOT NULL,
  attempts integer NOT NULL,
  due_at bigint NOT NULL,
  done_at bigint,
  remark text
) WITH (fillfactor = 70);
CREATE INDEX delivery_waiting ON delivery (lane, id) WHERE state = 'waiting';

CREATE TABLE access_entry (
  id uuid NOT NULL PRIMARY KEY,
  at bigint NOT NULL,
  reader_kind text NOT NULL,
  reader_id text NOT NULL,
  purpose text NOT NULL,
  case_id uuid,
  place text NOT NULL,
  leaf_id uuid NOT NULL
);
CREATE TABLE access_subject (
  person_id uuid NOT NULL,
  access_id uuid NOT NULL,
  PRIMARY KEY (person_id, access_id)
);

-- A schema of its own, so that it can be dumped, kept and destroyed apart from what it opens.
CREATE SCHEMA keys;
CREATE TABLE keys.data_key (
  person_id uuid NOT NULL,
  class text NOT NULL,
  wrapped bytea NOT NULL,
  wrapped_by text NOT NULL,
  PRIMARY KEY (person_id, class)
);

CREATE TABLE writer_mark (
  node uuid NOT NULL PRIMARY KEY,
  mark uuid NOT NULL,
  at bigint NOT NULL
) WITH (fillfactor = 10);

CREATE TABLE serial (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  name text NOT NULL,
  next_value bigint NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE job (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  name text NOT NULL,
  argument text,
  state text NOT NULL,
  attempts integer NOT NULL,
  due_at bigint NOT NULL,
  holder text,
  changed_at bigint NOT NULL,
  remark text
) WITH (fillfactor = 70);
CREATE INDEX job_waiting ON job (due_at) WHERE state = 'waiting';

CREATE TABLE lease (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  name text NOT NULL,
  holder text NOT NULL,
  until_at bigint NOT NULL
) WITH (fillfactor = 70);
