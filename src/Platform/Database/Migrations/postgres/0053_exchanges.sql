-- older may run
-- Every message between us and an agency with its answer, each as its sender signed it; and the nonces of calls to us, for as long as they could be sent again.
CREATE TABLE exchange (
  id uuid NOT NULL PRIMARY KEY,
  request_id uuid NOT NULL,
  correlation text NOT NULL,
  agency text NOT NULL,
  direction text NOT NULL CHECK (direction IN ('OUT', 'IN')),
  operation text NOT NULL,
  purpose text NOT NULL,
  at bigint NOT NULL,
  outcome text NOT NULL,
  status integer,
  request_key text,
  request_digest bytea,
  request_signature bytea,
  answer_key text,
  answer_digest bytea,
  answer_signature bytea,
  keeper_id uuid NOT NULL,
  content bytea
);
ALTER TABLE exchange ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX exchange_request ON exchange (request_id);

CREATE TABLE exchange_nonce (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  at bigint NOT NULL
) WITH (fillfactor = 70);
