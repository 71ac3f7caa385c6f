-- older may run
-- The column is in the file of keys. Nothing here.
SELECT 1;
