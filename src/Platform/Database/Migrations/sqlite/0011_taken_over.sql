-- older may run
-- With which delivery of another register a person's record came here.
CREATE TABLE taken_over (
  person_id text NOT NULL,
  delivery blob NOT NULL,
  line integer NOT NULL,
  content blob NOT NULL,
  remarks text NOT NULL,
  PRIMARY KEY (person_id)
) STRICT, WITHOUT ROWID;
