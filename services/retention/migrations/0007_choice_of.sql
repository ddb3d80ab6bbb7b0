-- Which word chose: a client with two ends of contracts is answered with the one that it meant.

ALTER TABLE termination ADD COLUMN choice_id text;
