-- The facts of a notice as they were written: a webhook's body has the same bytes at every attempt, whoever makes it.

ALTER TABLE notice_order ALTER COLUMN facts TYPE json;
