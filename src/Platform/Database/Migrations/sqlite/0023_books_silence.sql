-- older may run
-- Since when the payment gateway cannot say what it took on a day that is to be closed.
CREATE TABLE books_silence (
  day text NOT NULL PRIMARY KEY,
  since integer NOT NULL,
  asked_at integer NOT NULL
) STRICT;
