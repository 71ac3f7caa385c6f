-- Dated policies.
CREATE TABLE policy_version (
  version bigint NOT NULL,
  digest text NOT NULL,
  published_at bigint NOT NULL,
  origin text NOT NULL,
  PRIMARY KEY (version)
);
CREATE TABLE policy (
  version bigint NOT NULL,
  code text NOT NULL,
  place integer NOT NULL,
  effective_from text,
  effective_to text,
  value text NOT NULL,
  evidence text NOT NULL,
  source text NOT NULL,
  note text,
  PRIMARY KEY (version, code, place)
);
