-- Sign-ins that wait for a confirmation on the person's phone, and by which way a session began.
ALTER TABLE session ADD COLUMN way text;

CREATE TABLE federated_request (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  token blob NOT NULL,
  number_hash blob NOT NULL,
  transaction_id text NOT NULL,
  shown integer NOT NULL CHECK (shown BETWEEN 10 AND 99),
  state text NOT NULL CHECK (state IN ('OPEN', 'DONE')),
  shared integer NOT NULL,
  began_at integer NOT NULL,
  expires_at integer NOT NULL
) STRICT;
CREATE UNIQUE INDEX federated_request_token ON federated_request (token);
CREATE INDEX federated_request_expires ON federated_request (expires_at);
