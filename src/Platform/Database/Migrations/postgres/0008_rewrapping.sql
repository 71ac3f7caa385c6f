-- older may run
-- Data keys are wrapped anew when their key-encryption key is replaced; what marks one stays what it was.
ALTER TABLE keys.data_key ADD COLUMN origin bytea;
