-- A matter is locked by its name where a transaction begins (`locks.lock`), no longer by a row: two round trips less.
DROP TABLE matter;
