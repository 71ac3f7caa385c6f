-- older may run
-- With which delivery of another register a person's record came here.
CREATE TABLE taken_over (
  person_id uuid NOT NULL,
  delivery bytea NOT NULL,
  line bigint NOT NULL,
  content bytea NOT NULL,
  remarks text NOT NULL,
  PRIMARY KEY (person_id)
);
