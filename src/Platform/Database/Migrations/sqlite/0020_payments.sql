-- Bills, payments, refunds and the ledger behind them.
CREATE TABLE bill (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  case_id text NOT NULL,
  payer_kind text NOT NULL,
  payer_id text NOT NULL,
  purpose text NOT NULL,
  state text NOT NULL CHECK (state IN ('OPEN', 'SETTLED', 'CONSUMED', 'CANCELLED', 'EXPIRED')),
  total integer NOT NULL CHECK (total > 0),
  received integer NOT NULL CHECK (received BETWEEN 0 AND total),
  valid_until text NOT NULL,
  number text,
  policy_version integer NOT NULL,
  lines text NOT NULL,
  issued_at integer NOT NULL,
  closed_at integer
) STRICT;
-- One bill per number: a claim guards it.
CREATE INDEX bill_number ON bill (number) WHERE number IS NOT NULL;
CREATE INDEX bill_case ON bill (case_id);
CREATE INDEX bill_payer ON bill (payer_id);

CREATE TABLE payment (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  gateway_id text NOT NULL,
  bill_number text,
  bill_id text,
  payer_id text,
  amount integer NOT NULL CHECK (amount > 0),
  refunded integer NOT NULL CHECK (refunded BETWEEN 0 AND amount),
  paid_at integer NOT NULL,
  received_at integer NOT NULL,
  method text NOT NULL
) STRICT;
CREATE INDEX payment_gateway ON payment (gateway_id);
CREATE INDEX payment_bill ON payment (bill_id) WHERE bill_id IS NOT NULL;
CREATE INDEX payment_waiting ON payment (bill_number) WHERE bill_id IS NULL;
CREATE INDEX payment_payer ON payment (payer_id) WHERE payer_id IS NOT NULL;

CREATE TABLE refund (
  id text NOT NULL PRIMARY KEY,
  version integer NOT NULL,
  payer_kind text NOT NULL,
  payer_id text NOT NULL,
  payment_id text NOT NULL,
  amount integer NOT NULL CHECK (amount > 0),
  iban blob NOT NULL,
  state text NOT NULL CHECK (state IN ('REQUESTED', 'PAID', 'FAILED')),
  requested_at integer NOT NULL,
  closed_at integer,
  gateway_id text
) STRICT;
CREATE INDEX refund_payer ON refund (payer_id);

CREATE TABLE ledger_entry (
  transaction_id text NOT NULL,
  line integer NOT NULL,
  account text NOT NULL CHECK (account IN ('CLEARING', 'UNALLOCATED', 'PAYER', 'HELD', 'REVENUE', 'REFUNDS')),
  owner text,
  code text NOT NULL,
  purpose text NOT NULL,
  halalas integer NOT NULL CHECK (halalas <> 0),
  act_id text NOT NULL,
  at integer NOT NULL,
  PRIMARY KEY (transaction_id, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX ledger_owner ON ledger_entry (owner, account) WHERE owner IS NOT NULL;
CREATE INDEX ledger_act ON ledger_entry (act_id);

-- SQLite has no trigger at the end of a statement: the zero sum is checked in code before, and by the ledger's audit after.
CREATE TRIGGER ledger_is_final_update BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger entries are final; correct them by a new transaction'); END;
CREATE TRIGGER ledger_is_final_delete BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger entries are final; correct them by a new transaction'); END;
