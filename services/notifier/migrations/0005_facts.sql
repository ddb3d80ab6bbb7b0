-- The facts of a notice as they were written: a webhook's body has the same bytes at every attempt, whoever makes it.

ALTER TABLE notice_order ALTER COLUMN facts TYPE json;

-- A receipt is an update of its notice: with room beside the row no index is written.
ALTER TABLE notice SET (fillfactor = 60);
