-- Since when a client's contract runs: what was signed before that day belongs to an earlier one.

ALTER TABLE client
    ADD COLUMN active_from date NOT NULL DEFAULT '-infinity',
    ADD COLUMN renews_on   date;             -- signed again for a day after the end that is to come
