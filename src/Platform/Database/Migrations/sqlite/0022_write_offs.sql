-- What two officers write off of a bill or give back of it, line by line; the ledger's account of what is written off.
ALTER TABLE bill ADD COLUMN written_off integer CHECK (written_off IS NULL OR (written_off > 0 AND written_off + received <= total));
ALTER TABLE bill ADD COLUMN given_back integer CHECK (given_back IS NULL OR (given_back > 0 AND given_back <= received AND state = 'CONSUMED'));

CREATE TABLE bill_proposal (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  bill_id text NOT NULL,
  case_id text NOT NULL,
  person_id text NOT NULL,
  act text NOT NULL CHECK (act IN ('WRITE_OFF', 'GIVE_BACK')),
  code text NOT NULL,
  amount integer NOT NULL CHECK (amount > 0),
  reason text NOT NULL,
  proposed_by text NOT NULL,
  proposed_at integer NOT NULL,
  expires_at integer NOT NULL,
  state text NOT NULL CHECK (state IN ('OPEN', 'CONFIRMED', 'REJECTED', 'WITHDRAWN', 'EXPIRED')),
  decided_by text,
  decided_at integer,
  decision_reason text,
  CHECK (state IN ('OPEN', 'EXPIRED') OR (decided_by IS NOT NULL AND decided_at IS NOT NULL)),
  CHECK (state NOT IN ('CONFIRMED', 'REJECTED') OR decided_by <> proposed_by)
) STRICT;
CREATE INDEX bill_proposal_bill ON bill_proposal (bill_id);
CREATE INDEX bill_proposal_open ON bill_proposal (proposed_at) WHERE state = 'OPEN';

CREATE TABLE bill_proposal_words (
  proposal_id text NOT NULL PRIMARY KEY,
  words blob NOT NULL
) STRICT;

-- SQLite cannot change a check: both tables are written anew with the account that is added.
CREATE TABLE ledger_entry_with_write_offs (
  transaction_id text NOT NULL,
  line integer NOT NULL,
  account text NOT NULL CHECK (account IN ('CLEARING', 'UNALLOCATED', 'PAYER', 'HELD', 'REVENUE', 'REFUNDS', 'WRITE_OFF')),
  owner text,
  code text NOT NULL,
  purpose text NOT NULL,
  halalas integer NOT NULL CHECK (halalas <> 0),
  act_id text NOT NULL,
  at integer NOT NULL,
  PRIMARY KEY (transaction_id, line)
) STRICT, WITHOUT ROWID;
INSERT INTO ledger_entry_with_write_offs SELECT * FROM ledger_entry;
DROP TABLE ledger_entry;
ALTER TABLE ledger_entry_with_write_offs RENAME TO ledger_entry;
CREATE INDEX ledger_owner ON ledger_entry (owner, account) WHERE owner IS NOT NULL;
CREATE INDEX ledger_act ON ledger_entry (act_id);
CREATE TRIGGER ledger_is_final_update BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger entries are final; correct them by a new transaction'); END;
CREATE TRIGGER ledger_is_final_delete BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger entries are final; correct them by a new transaction'); END;

CREATE TABLE books_closing_line_with_write_offs (
  closing_id text NOT NULL,
  line integer NOT NULL,
  account text NOT NULL CHECK (account IN ('CLEARING', 'UNALLOCATED', 'PAYER', 'HELD', 'REVENUE', 'REFUNDS', 'WRITE_OFF')),
  code text NOT NULL,
  entries integer NOT NULL CHECK (entries > 0),
  debit integer NOT NULL CHECK (debit >= 0),
  credit integer NOT NULL CHECK (credit >= 0),
  PRIMARY KEY (closing_id, line)
) STRICT, WITHOUT ROWID;
INSERT INTO books_closing_line_with_write_offs SELECT * FROM books_closing_line;
DROP TABLE books_closing_line;
ALTER TABLE books_closing_line_with_write_offs RENAME TO books_closing_line;
CREATE TRIGGER books_closing_line_is_final_update BEFORE UPDATE ON books_closing_line BEGIN SELECT RAISE(ABORT, 'a closing is final; what comes later belongs to a later day'); END;
CREATE TRIGGER books_closing_line_is_final_delete BEFORE DELETE ON books_closing_line BEGIN SELECT RAISE(ABORT, 'a closing is final; what comes later belongs to a later day'); END;
