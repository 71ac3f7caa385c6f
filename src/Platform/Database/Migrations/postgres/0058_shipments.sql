-- older may run
-- Cards that are sent by post.
CREATE TABLE shipment (
  case_id uuid NOT NULL PRIMARY KEY,
  document_id uuid NOT NULL,
  tracking_number text,
  promised_at bigint NOT NULL,
  told_at bigint,
  reason text CHECK (reason IN ('nobody_home', 'wrong_address', 'refused', 'no_code')),
  next_on text,
  late_at bigint,
  wrong_codes integer NOT NULL,
  confirmed_at bigint,
  old_card smallint,
  ended_at bigint
);
-- Of all shipments ever, the few that are on their way.
CREATE INDEX shipment_open ON shipment (document_id) WHERE ended_at IS NULL;
CREATE TABLE shipment_content (
  case_id uuid NOT NULL PRIMARY KEY,
  content bytea NOT NULL
);
ALTER TABLE shipment_content ALTER COLUMN content SET STORAGE EXTERNAL;
