-- The values compared are in the assessment, sealed once; a row says how a field agreed.
ALTER TABLE case_comparison DROP COLUMN compared;
