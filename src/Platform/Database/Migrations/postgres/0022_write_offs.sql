-- What two officers write off of a bill or give back of it, line by line; the ledger's account of what is written off.
ALTER TABLE bill ADD COLUMN written_off bigint CHECK (written_off IS NULL OR (written_off > 0 AND written_off + received <= total));
ALTER TABLE bill ADD COLUMN given_back bigint CHECK (given_back IS NULL OR (given_back > 0 AND given_back <= received AND state = 'CONSUMED'));

CREATE TABLE bill_proposal (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  bill_id uuid NOT NULL,
  case_id uuid NOT NULL,
  person_id uuid NOT NULL,
  act text NOT NULL CHECK (act IN ('WRITE_OFF', 'GIVE_BACK')),
  code text NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  reason text NOT NULL,
  proposed_by uuid NOT NULL,
  proposed_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('OPEN', 'CONFIRMED', 'REJECTED', 'WITHDRAWN', 'EXPIRED')),
  decided_by uuid,
  decided_at bigint,
  decision_reason text,
  CHECK (state IN ('OPEN', 'EXPIRED') OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
  CHECK (state NOT IN ('CONFIRMED', 'REJECTED') OR decided_by <> proposed_by)
) WITH (fillfactor = 80);
CREATE INDEX bill_proposal_bill ON bill_proposal (bill_id);
CREATE INDEX bill_proposal_open ON bill_proposal (proposed_at) WHERE state = 'OPEN';

CREATE TABLE bill_proposal_words (
  proposal_id uuid NOT NULL PRIMARY KEY,
  words bytea NOT NULL
);
ALTER TABLE bill_proposal_words ALTER COLUMN words SET STORAGE EXTERNAL;

ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_account_check;
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_account_check CHECK (account IN ('CLEARING', 'UNALLOCATED', 'PAYER', 'HELD', 'REVENUE', 'REFUNDS', 'WRITE_OFF'));
ALTER TABLE books_closing_line DROP CONSTRAINT books_closing_line_account_check;
ALTER TABLE books_closing_line ADD CONSTRAINT books_closing_line_account_check CHECK (account IN ('CLEARING', 'UNALLOCATED', 'PAYER', 'HELD', 'REVENUE', 'REFUNDS', 'WRITE_OFF'));
