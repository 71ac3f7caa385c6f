-- Dated policies.
CREATE TABLE policy_version (
  version integer NOT NULL,
  digest text NOT NULL,
  published_at integer NOT NULL,
  origin text NOT NULL,
  PRIMARY KEY (version)
) STRICT, WITHOUT ROWID;
CREATE TABLE policy (
  version integer NOT NULL,
  code text NOT NULL,
  place integer NOT NULL,
  effective_from text,
  effective_to text,
  value text NOT NULL,
  evidence text NOT NULL,
  source text NOT NULL,
  note text,
  PRIMARY KEY (version, code, place)
) STRICT, WITHOUT ROWID;
