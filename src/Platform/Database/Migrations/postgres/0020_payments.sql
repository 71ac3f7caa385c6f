-- Bills, payments, refunds and the ledger behind them.
CREATE TABLE bill (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  case_id uuid NOT NULL,
  payer_kind text NOT NULL,
  payer_id uuid NOT NULL,
  purpose text NOT NULL,
  state text NOT NULL CHECK (state IN ('OPEN', 'SETTLED', 'CONSUMED', 'CANCELLED', 'EXPIRED')),
  total bigint NOT NULL CHECK (total > 0),
  received bigint NOT NULL CHECK (received BETWEEN 0 AND total),
  valid_until text NOT NULL,
  number text,
  policy_version bigint NOT NULL,
  lines text NOT NULL,
  issued_at bigint NOT NULL,
  closed_at bigint
) WITH (fillfactor = 70);
-- One bill per number: a claim guards it.
CREATE INDEX bill_number ON bill (number) WHERE number IS NOT NULL;
CREATE INDEX bill_case ON bill (case_id);
CREATE INDEX bill_payer ON bill (payer_id);

CREATE TABLE payment (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  gateway_id text NOT NULL,
  bill_number text,
  bill_id uuid,
  payer_id uuid,
  amount bigint NOT NULL CHECK (amount > 0),
  refunded bigint NOT NULL CHECK (refunded BETWEEN 0 AND amount),
  paid_at bigint NOT NULL,
  received_at bigint NOT NULL,
  method text NOT NULL
) WITH (fillfactor = 90);
CREATE INDEX payment_gateway ON payment (gateway_id);
CREATE INDEX payment_bill ON payment (bill_id) WHERE bill_id IS NOT NULL;
CREATE INDEX payment_waiting ON payment (bill_number) WHERE bill_id IS NULL;
CREATE INDEX payment_payer ON payment (payer_id) WHERE payer_id IS NOT NULL;

CREATE TABLE refund (
  id uuid NOT NULL PRIMARY KEY,
  version bigint NOT NULL,
  payer_kind text NOT NULL,
  payer_id uuid NOT NULL,
  payment_id uuid NOT NULL,
  amount bigint NOT NULL CHECK (amount > 0),
  iban bytea NOT NULL,
  state text NOT NULL CHECK (state IN ('REQUESTED', 'PAID', 'FAILED')),
  requested_at bigint NOT NULL,
  closed_at bigint,
  gateway_id text
) WITH (fillfactor = 90);
ALTER TABLE refund ALTER COLUMN iban SET STORAGE EXTERNAL;
CREATE INDEX refund_payer ON refund (payer_id);

CREATE TABLE ledger_entry (
  transaction_id uuid NOT NULL,
  line integer NOT NULL,
  account text NOT NULL CHECK (account IN ('CLEARING', 'UNALLOCATED', 'PAYER', 'HELD', 'REVENUE', 'REFUNDS')),
  owner uuid,
  code text NOT NULL,
  purpose text NOT NULL,
  halalas bigint NOT NULL CHECK (halalas <> 0),
  act_id uuid NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (transaction_id, line)
);
CREATE INDEX ledger_owner ON ledger_entry (owner, account) WHERE owner IS NOT NULL;
CREATE INDEX ledger_act ON ledger_entry (act_id);

CREATE FUNCTION ledger_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- All entries of a transaction come in one statement, so its sum is known when the statement ends.
  IF EXISTS (SELECT 1 FROM added GROUP BY transaction_id HAVING sum(halalas) <> 0) THEN
    RAISE EXCEPTION 'a ledger transaction does not add up to zero' USING ERRCODE = 'MQ020';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_adds_up AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_adds_up();

CREATE FUNCTION ledger_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'ledger entries are final; correct them by a new transaction' USING ERRCODE = 'MQ021';
END $$;
CREATE TRIGGER ledger_is_final BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_final();
