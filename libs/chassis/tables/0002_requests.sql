-- What a request under a key was, so that the same key with another one is refused; NULL: it came from the bus.
ALTER TABLE inbox ADD COLUMN request bytea;
