-- The books of each day in Riyadh are closed once: sums by account and fee code, and what does not agree with the payment gateway's list of that day.
CREATE TABLE books_closing (
  id uuid NOT NULL PRIMARY KEY,
  day text NOT NULL UNIQUE,
  entries bigint NOT NULL CHECK (entries >= 0),
  listed_count bigint NOT NULL CHECK (listed_count >= 0),
  listed bigint NOT NULL CHECK (listed >= 0),
  booked_count bigint NOT NULL CHECK (booked_count >= 0),
  booked bigint NOT NULL CHECK (booked >= 0),
  differences bigint NOT NULL CHECK (differences >= 0),
  closed_at bigint NOT NULL
);

CREATE TABLE books_closing_line (
  closing_id uuid NOT NULL,
  line integer NOT NULL,
  account text NOT NULL CHECK (account IN ('CLEARING', 'UNALLOCATED', 'PAYER', 'HELD', 'REVENUE', 'REFUNDS')),
  code text NOT NULL,
  entries bigint NOT NULL CHECK (entries > 0),
  debit bigint NOT NULL CHECK (debit >= 0),
  credit bigint NOT NULL CHECK (credit >= 0),
  PRIMARY KEY (closing_id, line)
);

CREATE TABLE books_closing_difference (
  closing_id uuid NOT NULL,
  line integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('NOT_BOOKED', 'NOT_LISTED', 'AMOUNT', 'UNALLOCATED')),
  payment text NOT NULL,
  listed bigint,
  booked bigint,
  PRIMARY KEY (closing_id, line),
  CHECK (listed IS NOT NULL OR booked IS NOT NULL)
);

-- What was paid on a day, against the gateway's list.
CREATE INDEX payment_paid ON payment (paid_at);

CREATE FUNCTION closing_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a closing is final; what comes later belongs to a later day' USING ERRCODE = 'MQ022';
END $$;
CREATE TRIGGER books_closing_is_final BEFORE UPDATE OR DELETE ON books_closing FOR EACH STATEMENT EXECUTE FUNCTION closing_is_final();
CREATE TRIGGER books_closing_line_is_final BEFORE UPDATE OR DELETE ON books_closing_line FOR EACH STATEMENT EXECUTE FUNCTION closing_is_final();
CREATE TRIGGER books_closing_difference_is_final BEFORE UPDATE OR DELETE ON books_closing_difference FOR EACH STATEMENT EXECUTE FUNCTION closing_is_final();
