-- Until when the client may fetch what is returned, once all of it is ready.

ALTER TABLE termination ADD COLUMN fetch_closes_at timestamptz;
