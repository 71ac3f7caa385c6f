-- Data keys live in a file of their own, so that it can be backed up, kept and destroyed apart from what they open.
CREATE TABLE data_key (
  person_id text NOT NULL,
  class text NOT NULL,
  wrapped blob NOT NULL,
  wrapped_by text NOT NULL,
  PRIMARY KEY (person_id, class)
) STRICT, WITHOUT ROWID;
