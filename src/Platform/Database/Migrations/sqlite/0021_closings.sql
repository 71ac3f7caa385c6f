-- The books of each day in Riyadh are closed once: sums by account and fee code, and what does not agree with the payment gateway's list of that day.
CREATE TABLE books_closing (
  id text NOT NULL PRIMARY KEY,
  day text NOT NULL UNIQUE,
  entries integer NOT NULL CHECK (entries >= 0),
  listed_count integer NOT NULL CHECK (listed_count >= 0),
  listed integer NOT NULL CHECK (listed >= 0),
  booked_count integer NOT NULL CHECK (booked_count >= 0),
  booked integer NOT NULL CHECK (booked >= 0),
  differences integer NOT NULL CHECK (differences >= 0),
  closed_at integer NOT NULL
) STRICT;

CREATE TABLE books_closing_line (
  closing_id text NOT NULL,
  line integer NOT NULL,
  account text NOT NULL CHECK (account IN ('CLEARING', 'UNALLOCATED', 'PAYER', 'HELD', 'REVENUE', 'REFUNDS')),
  code text NOT NULL,
  entries integer NOT NULL CHECK (entries > 0),
  debit integer NOT NULL CHECK (debit >= 0),
  credit integer NOT NULL CHECK (credit >= 0),
  PRIMARY KEY (closing_id, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE books_closing_difference (
  closing_id text NOT NULL,
  line integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('NOT_BOOKED', 'NOT_LISTED', 'AMOUNT', 'UNALLOCATED')),
  payment text NOT NULL,
  listed integer,
  booked integer,
  PRIMARY KEY (closing_id, line),
  CHECK (listed IS NOT NULL OR booked IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- What was paid on a day, against the gateway's list.
CREATE INDEX payment_paid ON payment (paid_at);

CREATE TRIGGER books_closing_is_final_update BEFORE UPDATE ON books_closing BEGIN SELECT RAISE(ABORT, 'a closing is final; what comes later belongs to a later day'); END;
CREATE TRIGGER books_closing_is_final_delete BEFORE DELETE ON books_closing BEGIN SELECT RAISE(ABORT, 'a closing is final; what comes later belongs to a later day'); END;
CREATE TRIGGER books_closing_line_is_final_update BEFORE UPDATE ON books_closing_line BEGIN SELECT RAISE(ABORT, 'a closing is final; what comes later belongs to a later day'); END;
CREATE TRIGGER books_closing_line_is_final_delete BEFORE DELETE ON books_closing_line BEGIN SELECT RAISE(ABORT, 'a closing is final; what comes later belongs to a later day'); END;
CREATE TRIGGER books_closing_difference_is_final_update BEFORE UPDATE ON books_closing_difference BEGIN SELECT RAISE(ABORT, 'a closing is final; what comes later belongs to a later day'); END;
CREATE TRIGGER books_closing_difference_is_final_delete BEFORE DELETE ON books_closing_difference BEGIN SELECT RAISE(ABORT, 'a closing is final; what comes later belongs to a later day'); END;
