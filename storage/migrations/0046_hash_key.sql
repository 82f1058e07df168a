-- After the sealing key was replaced: the key of keyed hashes, sealed, so that what was hashed before
-- is still recognised. None while it is derived from the sealing key.
ALTER TABLE sealing ADD COLUMN hash_key BLOB;
