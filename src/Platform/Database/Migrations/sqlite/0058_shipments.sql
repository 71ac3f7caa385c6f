-- older may run
-- Cards that are sent by post.
CREATE TABLE shipment (
  case_id text NOT NULL PRIMARY KEY,
  document_id text NOT NULL,
  tracking_number text,
  promised_at integer NOT NULL,
  told_at integer,
  reason text CHECK (reason IN ('nobody_home', 'wrong_address', 'refused', 'no_code')),
  next_on text,
  late_at integer,
  wrong_codes integer NOT NULL,
  confirmed_at integer,
  old_card integer,
  ended_at integer
) STRICT;
-- Of all shipments ever, the few that are on their way.
CREATE INDEX shipment_open ON shipment (document_id) WHERE ended_at IS NULL;
CREATE TABLE shipment_content (
  case_id text NOT NULL PRIMARY KEY,
  content blob NOT NULL
) STRICT;
