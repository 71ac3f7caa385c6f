-- older may run
-- Every message between us and an agency with its answer, each as its sender signed it; and the nonces of calls to us, for as long as they could be sent again.
CREATE TABLE exchange (
  id text NOT NULL PRIMARY KEY,
  request_id text NOT NULL,
  correlation text NOT NULL,
  agency text NOT NULL,
  direction text NOT NULL CHECK (direction IN ('OUT', 'IN')),
  operation text NOT NULL,
  purpose text NOT NULL,
  at integer NOT NULL,
  outcome text NOT NULL,
  status integer,
  request_key text,
  request_digest blob,
  request_signature blob,
  answer_key text,
  answer_digest blob,
  answer_signature blob,
  keeper_id text NOT NULL,
  content blob
) STRICT;
CREATE INDEX exchange_request ON exchange (request_id);

CREATE TABLE exchange_nonce (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  at integer NOT NULL
) STRICT;
