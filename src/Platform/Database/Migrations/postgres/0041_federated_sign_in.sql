-- Sign-ins that wait for a confirmation on the person's phone, and by which way a session began.
ALTER TABLE session ADD COLUMN way text;

CREATE TABLE federated_request (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  token bytea NOT NULL,
  number_hash bytea NOT NULL,
  transaction_id uuid NOT NULL,
  shown integer NOT NULL CHECK (shown BETWEEN 10 AND 99),
  state text NOT NULL CHECK (state IN ('OPEN', 'DONE')),
  shared smallint NOT NULL,
  began_at bigint NOT NULL,
  expires_at bigint NOT NULL
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX federated_request_token ON federated_request (token);
CREATE INDEX federated_request_expires ON federated_request (expires_at);
