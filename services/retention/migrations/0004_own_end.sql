-- Where a holder's own link ends before the day that was asked for.

ALTER TABLE package ADD COLUMN own_end timestamptz;
